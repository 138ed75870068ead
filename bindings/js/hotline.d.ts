/* hotline.d.ts - what a page may rely on. */
export interface Options {
  url: string;                                    /* wss://host/ws */
  ticket?: string | (() => Promise<string>);      /* of POST /api/login or /api/caller; absent: only a resume */
  microphone?: 'kept' | 'on_demand';              /* kept: asked for at open(), calls are answered at once */
  audio?: MediaTrackConstraints;
  stream?: MediaStream;                           /* instead of a microphone */
}
export interface Call {
  contact: number; leg: number; since: number;    /* since: milliseconds as Date.now() counts them; 0: not yet */
  state: 'offered' | 'ringing' | 'talk' | 'hold' | 'conference' | 'ended';
  muted: boolean; recorded: boolean;
  number?: string; queue?: string; queueTitle?: string; lang?: string;
  offer?: number; deadline?: number; waited?: number; ticket?: number; data?: unknown;
  callback?: { mode: 'customer_first' | 'agent_first'; tried: number; number: string; note: string }; /* it was promised */
}
export interface Agent { id: number; name: string; state: string; work: string; since: number; contact: number; reason: string }
export interface Quality { lost: number; received: number; jitter: number }
export interface Message { seq: number; ev: string; [field: string]: unknown }
type Done = Promise<void>;

/* code: an error of hotline.h without HL_ */
export class HotlineError extends Error { constructor(code: string, message: string); code: string }

export interface Events {
  link: CustomEvent<'up' | 'resuming' | 'down'>;
  media: CustomEvent<'none' | 'connecting' | 'up' | 'suspect' | 'lost'>;
  call: CustomEvent<Call>;
  agent: CustomEvent<Agent>;
  quality: CustomEvent<Quality>;
  app: CustomEvent<unknown>;                      /* of hl_session_send() */
  event: CustomEvent<Message>;                    /* every message of the hotline */
  error: CustomEvent<HotlineError>;               /* signed out: ECONFLICT opened elsewhere, EDENIED, EIO */
}

export class Hotline extends EventTarget {
  constructor(options: Options);
  static kept(url: string): boolean;
  role: '' | 'caller' | 'agent' | 'supervisor' | 'admin';
  agent: Agent | null;
  link: 'up' | 'resuming' | 'down';
  media: 'none' | 'connecting' | 'up' | 'suspect' | 'lost';
  calls: ReadonlyMap<number, Call>;
  quality: Quality | null;
  readonly muted: boolean;
  readonly connection: RTCPeerConnection | undefined;
  readonly element: HTMLAudioElement | undefined;
  open(options?: { again?: boolean; takeover?: boolean }): Done;
  close(): Done;
  op(name: string, args?: object): Promise<any>;
  ready(): Done;
  pause(reason?: string): Done;
  leave(): Done;
  call(to?: string, data?: object): Promise<Call>;
  accept(contact: number): Done;
  reject(contact: number): Done;
  hangup(contact: number): Done;
  hold(contact: number, on: boolean): Done;
  mute(on: boolean): Done;
  dtmf(contact: number, keys: string): Done;
  wrap(contact: number, code?: string, note?: string): Done;
  longer(ms: number): Done;
  [Symbol.asyncIterator](): AsyncIterator<Message>;
  addEventListener<K extends keyof Events>(type: K, run: (e: Events[K]) => void, options?: AddEventListenerOptions | boolean): void;
  addEventListener(type: string, run: EventListenerOrEventListenerObject | null, options?: AddEventListenerOptions | boolean): void;
}
