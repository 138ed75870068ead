"""api_man.py - manual pages from the headers: one for each group of functions, and the lists of errors, events, kinds."""
import os
import re

RULES = ('Functions return 0 or a count, else a negative error; hl_error() has the words. Any of them may return HL_EINVAL, '
         'HL_ENOMEM, HL_ESTATE or HL_EFENCED. Text handed out lives until the thread\'s next call on the engine.')


def plain(text):
    text = text.replace('\\', '\\e').replace('-', '\\-')
    return re.sub(r'(?m)^([.\'])', r'\\&\1', text)


def head(name, section, what):
    return [f'.TH {name.upper()} {section} "" libhotline "libhotline"', '.SH NAME', f'{name} \\- {plain(what)}']


def sentence(text, otherwise):
    """The first sentence of a comment, for the line of NAME."""
    first = re.split(r'(?<=[.:;]) ', text.strip())[0].rstrip('.:; ')
    return first[:70] if first else otherwise


def group_page(api, header, comment, functions):
    names = [f['name'] for f in functions]
    page = head(', '.join(names) if len(names) < 9 else names[0], 3, sentence(comment, 'functions of libhotline'))
    page[0] = f'.TH {names[0].upper()} 3 "" libhotline "libhotline"'
    page += ['.SH SYNOPSIS', '.nf', f'#include <{header}>', '.PP']
    page += [plain(api.prototype(f)) + ';' for f in functions] + ['.fi', '.SH DESCRIPTION']
    page += [plain(comment) or 'See the header.']
    for f in functions:
        if f.get('doc'):
            page += ['.TP', f'.B {f["name"]}()', plain(f['doc'])]
    structs = []
    for f in functions:
        for p in f['params']:
            base = p['type'].replace('const ', '').rstrip(' *')
            if base in api.structs and base not in structs:
                structs.append(base)
    for name in structs:
        page += [f'.SS {name}', plain(api.structs[name].get('doc', ''))] if api.structs[name].get('doc') else [f'.SS {name}']
        for field in api.structs[name]['fields']:
            page += ['.TP', f'.I {plain(field["type"] + " " + field["name"])}', plain(field.get('doc', '')) or '\\&']
    page += ['.SH RETURN VALUE', plain(RULES), '.SH SEE ALSO', '.BR hotline\\-errors (7),', '.BR hotline\\-events (7)']
    return '\n'.join(page) + '\n'


def table_page(name, what, rows):
    page = head(name, 7, what) + ['.SH DESCRIPTION', 'Numbers never change.']
    for term, text in rows:
        page += ['.TP', '.B ' + plain(term), plain(text) or '\\&']
    return '\n'.join(page) + '\n'


def pages(api):
    result, groups = {}, {}
    for f in api.functions:
        groups.setdefault((f['header'], f.get('group', '')), []).append(f)
    for (header, comment), functions in groups.items():
        first = functions[0]['name']
        result[first + '.3'] = group_page(api, header, comment, functions)
        result.update({f['name'] + '.3': f'.so man3/{first}.3\n' for f in functions[1:]})
    result['hotline-errors.7'] = table_page('hotline-errors', 'errors of libhotline', [
        (f'HL_{n} ({v})', w) for n, v, w in api.lists.get('HL_ERRORS', [])])
    result['hotline-events.7'] = table_page('hotline-events', 'events of libhotline', [
        (f'HL_EV_{n} ({v})', f'Fields set besides type, seq and time: {w or "none"}.')
        for n, v, w in api.lists.get('HL_EVENTS', [])])
    result['hotline-kinds.7'] = table_page('hotline-kinds', 'kinds of objects of libhotline', [
        (f'HL_KIND_{n} ({v})', '') for n, v, _ in api.lists.get('HL_KINDS', [])])
    return {os.path.basename(n): t for n, t in result.items()}
