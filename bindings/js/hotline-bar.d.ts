/* hotline-bar.d.ts - <hotline-bar url ticket-url lang="zh|en" compact>, an agent's bar for any page. */
import type { Call, Hotline } from './hotline.js';

export class HotlineBar extends HTMLElement {
  hotline: Hotline;                               /* a signed-in one; or the attributes url and ticket-url */
  readonly current: Call | undefined;             /* what the bar is about */
}
declare global {
  interface HTMLElementTagNameMap { 'hotline-bar': HotlineBar }
  interface HTMLElementEventMap { 'hotline-call': CustomEvent<Call>; 'hotline-ticket': CustomEvent<number> }
}
