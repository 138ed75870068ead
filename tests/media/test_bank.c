/* test_bank.c - where clips come from, WAV files, loudness, settings. */
#include "media/rig.h"
#include <math.h>
#include <unistd.h>

static int voiced;
static void on_voiced(void *ctx, int missing)
{
    (void)ctx;
    voiced = missing;
}
static void on_ready(void *ctx, int thread)
{
    (void)ctx;
    (void)thread;
}
static void no_line(void *ctx, int level, const char *text)
{
    (void)ctx;
    (void)level;
    (void)text;
}
static hl__logger quiet = { no_line, NULL, HL_LOG_DEBUG };

static hl__bank *bank_new(const char *files, const char *clips)
{
    static const hl__bank_up up = { NULL, on_ready, on_voiced };
    hl__bank *b;
    hl__err err;
    hl__json *j = clips ? hl__json_read(clips, strlen(clips), &err) : NULL;
    voiced = -1;
    assert_int_equal(hl__bank_new(&hl_test_mem, &quiet, &up, &b), 0);
    assert_int_equal(hl__bank_set(b, files, "", j), 0);
    hl__json_free(j);
    return b;
}

static hl__clip *get(hl__bank *b, const char *lang, const char *name, const char *text)
{
    hl__want w = { .text = text, .kind = HL__PCMA };
    hl__clip *c = NULL;
    hl__copy(w.lang, sizeof(w.lang), lang);
    hl__copy(w.name, sizeof(w.name), name);
    if (hl__bank_get(b, &w, 0, &c) == 0) {
        while (hl__bank_work(b))
            ;
        (void)hl__bank_get(b, &w, 0, &c);
    }
    return c;
}

static bool has_voice(void)
{
    return access("/usr/bin/espeak-ng", X_OK) == 0;
}

static void a_recording_wins_over_the_voice(void **state)
{
    static int16_t sound[8000];
    char path[600];
    const char *files = hl_test_temp();
    (void)state;
    rig_tone(sound, 8000, 500, 16000, 0);
    snprintf(path, sizeof(path), "%s/prompts/en/hello.wav", files);
    rig_wav(path, sound, 8000, 16000);
    hl__bank *b = bank_new(files, NULL);
    hl__clip *c = get(b, "en", "hello", "a text that would take much longer to read aloud than half a second");
    assert_non_null(c);
    assert_int_equal(c->n, 25);
    hl__clip_drop(c);
    hl__bank_free(b);
}

static void a_missing_clip_is_read_once_and_kept(void **state)
{
    char path[600], found[700];
    const char *files = hl_test_temp();
    (void)state;
    if (!has_voice())
        skip();
    hl__bank *b = bank_new(files, "[[\"zh-CN\",\"main_menu\",\"查询水费请按一\"],[\"en\",\"bye\",\"Goodbye.\"]]");
    while (hl__bank_work(b))
        ;
    assert_int_equal(voiced, 0);
    snprintf(path, sizeof(path), "ls %s/voice/zh-CN/main_menu-*.wav %s/voice/en/bye-*.wav", files, files);
    FILE *ls = popen(path, "r");
    assert_non_null(ls);
    assert_non_null(fgets(found, sizeof(found), ls));
    found[strcspn(found, "\n")] = 0;
    pclose(ls);
    hl__buf json;
    hl__err err = { 0 };
    hl__buf_init(&json, &hl_test_mem);
    assert_int_equal(hl__wav_check(&hl_test_mem, found, &json, &err), 0);
    hl__json *j = hl__json_read(json.data, json.len, &err);
    assert_int_equal(hl__json_int(hl__json_get(j, "rate")), 16000);
    assert_true(hl__json_int(hl__json_get(j, "ms")) > 500);
    double level = hl__json_real(hl__json_get(j, "level"));
    hl_test_ok(level > -22 && level < -18, "level %.1f", level);
    assert_int_equal(hl__json_size(hl__json_get(j, "faults")), 0);
    hl__json_free(j);
    hl__buf_free(&json);
    hl__clip *c = get(b, "zh-CN", "main_menu", "查询水费请按一");
    assert_non_null(c);
    assert_true(c->n > 25);
    hl__clip_drop(c);
    hl__bank_free(b);
}

static void without_a_folder_the_voice_still_speaks(void **state)
{
    (void)state;
    if (!has_voice())
        skip();
    hl__bank *b = bank_new(NULL, NULL);
    hl__clip *c = get(b, "en", "anything", "-v is not an option here, nor is $(this) a command");
    assert_non_null(c);
    assert_true(c->n > 50);
    hl__clip_drop(c);
    hl__bank_free(b);
}

static void what_cannot_be_found_or_read_fails_and_names_do_not_escape(void **state)
{
    static int16_t sound[800];
    char path[600];
    const char *files = hl_test_temp();
    (void)state;
    snprintf(path, sizeof(path), "%s/secret.wav", files);
    rig_wav(path, sound, 800, 16000);
    hl__bank *b = bank_new(files, NULL);
    assert_null(get(b, "en", "nobody_recorded_this", ""));
    assert_null(get(b, "en", "../secret", ""));
    assert_null(get(b, "..", "secret", ""));
    assert_null(get(b, "en", "/etc/passwd", ""));
    assert_null(get(b, "en", "tone:nonsense", ""));
    hl__bank_free(b);
}

static void other_settings_bring_the_new_recording(void **state)
{
    static int16_t sound[16000];
    char path[600];
    const char *files = hl_test_temp();
    (void)state;
    snprintf(path, sizeof(path), "%s/prompts/en/hello.wav", files);
    rig_tone(sound, 16000, 500, 16000, 0);
    rig_wav(path, sound, 8000, 16000);
    hl__bank *b = bank_new(files, NULL);
    hl__clip *c = get(b, "en", "hello", "");
    assert_int_equal(c->n, 25);
    hl__clip_drop(c);
    rig_wav(path, sound, 16000, 16000);
    assert_int_equal(hl__bank_set(b, files, "", NULL), 0);
    c = get(b, "en", "hello", "");
    assert_int_equal(c->n, 50);
    hl__clip_drop(c);
    hl__bank_free(b);
}

static void tones_have_their_cadence(void **state)
{
    (void)state;
    hl__bank *b = bank_new(NULL, NULL);
    hl__clip *c = get(b, "", "tone:ringback", "");
    assert_int_equal(c->n, 250);
    hl__clip_drop(c);
    c = get(b, "", "tone:music", "");
    assert_int_equal(c->n, 24 * 50);
    hl__clip_drop(c);
    hl__bank_free(b);
}

static void who_waits_hears_music_of_any_name(void **state)
{
    static int16_t sound[16000];
    char path[600];
    const char *files = hl_test_temp();
    (void)state;
    rig_tone(sound, 16000, 500, 16000, 0);
    snprintf(path, sizeof(path), "%s/music/harp.wav", files);
    rig_wav(path, sound, 16000, 16000);
    hl__bank *b = bank_new(files, NULL);
    hl__clip *c = get(b, "zh-CN", "music:harp", "");
    assert_non_null(c);
    assert_int_equal(c->n, 50);
    hl__clip_drop(c);
    c = get(b, "zh-CN", "music:default", "");
    assert_non_null(c);
    assert_int_equal(c->n, 24 * 50);
    hl__clip_drop(c);
    hl__bank_free(b);
}

static void wav_files_of_any_make_are_read_and_liars_refused(void **state)
{
    uint8_t data[44 + 400] = { 0 };
    hl__wav w;
    hl__err err = { 0 };
    (void)state;
    hl__wav_head(data, 22050, 0x7ffff000); /* as a program writes that cannot seek back */
    assert_int_equal(hl__wav_read(data, sizeof(data), &w, &err), 0);
    assert_int_equal(w.n, 200);
    assert_int_equal(w.rate, 22050);
    for (size_t cut = 0; cut < 44; cut++)
        assert_true(hl__wav_read(data, cut, &w, &err) < 0);
    data[20] = 7; /* mu-law */
    assert_int_equal(hl__wav_read(data, sizeof(data), &w, &err), HL_ENOTSUP);
    assert_non_null(strstr(err.words, "16-bit PCM"));
}

static void silence_goes_and_speech_gets_its_level(void **state)
{
    static int16_t speech[48000];
    hl__buf pcm;
    (void)state;
    memset(speech, 0, sizeof(speech));
    rig_speech(speech + 16000, 16000, 16000);
    for (int i = 0; i < 48000; i++)
        speech[i] /= 8;
    hl__buf_init(&pcm, &hl_test_mem);
    hl__buf_add(&pcm, speech, sizeof(speech));
    assert_int_equal(hl__level(&pcm), 0);
    assert_true(pcm.len / 2 < 19000);
    const int16_t *x = (const int16_t *)(void *)pcm.data;
    double sum = 0;
    for (size_t i = 0; i < pcm.len / 2; i++)
        sum += (double)x[i] * x[i];
    double db = 10 * log10(sum / (double)(pcm.len / 2) / 32768 / 32768);
    hl_test_ok(db > -24 && db < -17, "%.1f dB", db);
    hl__buf_free(&pcm);
}

static uint32_t faults_of(const char *json)
{
    hl__section s;
    hl__findings f;
    hl__err err = { 0 };
    hl__json *j = hl__json_read(json, strlen(json), &err);
    hl__place at = { NULL, "media", 0 };
    hl__media_section(&s);
    hl__findings_init(&f, &hl_test_mem);
    s.check(s.domain, "", j, &at, &f, NULL);
    uint32_t n = f.errors;
    hl__findings_free(&f);
    hl__json_free(j);
    return n;
}

static void every_wrong_setting_is_found(void **state)
{
    (void)state;
    assert_int_equal(faults_of("{}"), 0);
    assert_int_equal(faults_of("{\"rtc_port\":42000,\"rtp_ports\":[\"20000-29998\"],\"advertise\":[\"auto\"],"
                               "\"codecs\":[\"opus\",\"PCMA\"],\"path\":\"relay\",\"bind\":\"127.0.0.1\"}"), 0);
    assert_int_equal(faults_of("{\"rtp_port\":[]}"), 1);
    assert_int_equal(faults_of("{\"rtp_ports\":[\"20001-29998\"]}"), 1);
    assert_int_equal(faults_of("{\"rtp_ports\":[\"40000-44000\"]}"), 1);
    assert_int_equal(faults_of("{\"codecs\":[\"G722\",\"speex\"],\"advertise\":[\"here\"],\"bind\":\"there\"}"), 4);
    assert_int_equal(faults_of("{\"path\":\"quarter\",\"effort\":3,\"dscp\":64}"), 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HL_TEST(a_recording_wins_over_the_voice), HL_TEST(a_missing_clip_is_read_once_and_kept),
        HL_TEST(without_a_folder_the_voice_still_speaks),
        HL_TEST(what_cannot_be_found_or_read_fails_and_names_do_not_escape),
        HL_TEST(other_settings_bring_the_new_recording), HL_TEST(tones_have_their_cadence),
        HL_TEST(who_waits_hears_music_of_any_name),
        HL_TEST(wav_files_of_any_make_are_read_and_liars_refused), HL_TEST(silence_goes_and_speech_gets_its_level),
        HL_TEST(every_wrong_setting_is_found),
    };
    return HL_TEST_MAIN(tests);
}
