/* sound.js - the page's sound: one peer connection for as long as the page is signed in, whatever calls come and go. */
import { HotlineError } from './wire.js';

const STALL_S = 3, AGAIN_S = 10, CONNECT_MS = 15000;

export class Sound extends EventTarget {
  #wire; #options; #pc; #stream; #element; #own = false; #heard = 0; #still = 0; #lost = 0; #busy; #muted = false;
  state = 'none';

  constructor(wire, options) {
    super();
    this.#wire = wire;
    this.#options = options;
  }

  get connection() { return this.#pc; }
  get element() { return this.#element; }

  #set(state) {
    if (this.state === state) return;
    this.state = state;
    this.dispatchEvent(new CustomEvent('state', { detail: state }));
  }

  async #microphone() {
    if (this.#options.stream) return this.#options.stream;
    if (!navigator.mediaDevices) throw new HotlineError('EDENIED', 'the microphone needs https, or a page from this machine');
    try {
      const audio = this.#options.audio ?? { echoCancellation: true, noiseSuppression: true, autoGainControl: true };
      this.#own = true;
      return await navigator.mediaDevices.getUserMedia({ audio });
    } catch (e) {
      const why = e.name === 'NotFoundError' ? 'no microphone is plugged in'
        : e.name === 'NotAllowedError' ? 'the microphone is not allowed: see the sign beside the address' : e.message;
      throw new HotlineError('EDENIED', why);
    }
  }

  hush(on) {
    this.#muted = on;
    for (const track of this.#stream?.getAudioTracks() ?? []) track.enabled = !on;
  }

  /* A page nobody has touched may not play: then the next touch lets it. */
  play() {
    this.#element?.play().catch(() => addEventListener('pointerdown', () => this.#element?.play().catch(() => {}), { once: true }));
  }

  #hear(stream) {
    this.#element ??= new Audio();
    this.#element.autoplay = true;
    this.#element.srcObject = stream;
    this.play();
  }

  /* A fresh path: at sign-in, after a reload, or when the old one is beyond repair. */
  open() {
    this.#busy ??= this.#open().finally(() => { this.#busy = undefined; });
    return this.#busy;
  }

  async #open() {
    this.#set('connecting');
    try {
      this.#stream ??= await this.#microphone();
      this.hush(this.#muted);
      this.#pc?.close();
      const pc = this.#pc = new RTCPeerConnection({ bundlePolicy: 'max-bundle' });
      pc.addEventListener('track', e => this.#hear(e.streams[0] ?? new MediaStream([e.track])));
      pc.addEventListener('connectionstatechange', () => this.#changed(pc));
      for (const track of this.#stream.getAudioTracks()) pc.addTrack(track, this.#stream);
      await this.#negotiate(pc, 'open');
      await this.#connected(pc);
    } catch (e) {
      this.#set('lost');
      throw e;
    }
  }

  async #negotiate(pc, why) {
    await pc.setLocalDescription(await pc.createOffer({ iceRestart: why === 'restart' }));
    const { sdp } = await this.#wire.op('rtc.offer', { sdp: pc.localDescription.sdp, why });
    await pc.setRemoteDescription({ type: 'answer', sdp });
  }

  #connected(pc) {
    return new Promise((good, bad) => {
      const late = setTimeout(() => bad(new HotlineError('EIO', 'no sound path to the hotline: UDP may be blocked')), CONNECT_MS);
      const look = () => {
        if (pc.connectionState === 'connected') { clearTimeout(late); this.#set('up'); good(); }
        if (['failed', 'closed'].includes(pc.connectionState)) {
          clearTimeout(late);
          bad(new HotlineError('EIO', 'the sound path failed'));
        }
      };
      pc.addEventListener('connectionstatechange', look);
      look();
    });
  }

  #changed(pc) {
    if (pc !== this.#pc || this.#busy) return;
    if (pc.connectionState === 'connected') this.#set('up');
    else if (pc.connectionState === 'disconnected') this.restart();
    else if (pc.connectionState === 'failed') this.open().catch(() => {});
  }

  /* New addresses on the old path; a fresh one where that is refused. */
  restart() {
    if (this.#busy || !this.#pc) return;
    this.#set('suspect');
    this.#busy = this.#negotiate(this.#pc, 'restart').catch(() => this.#open()).catch(() => {}).finally(() => { this.#busy = undefined; });
  }

  /* Once a second while in a call. Browsers tell of a dead server after 5 to 15 s; packets that stand still tell sooner. */
  async watch() {
    if (!this.#pc || this.#busy) return null;
    let figures = null;
    for (const report of (await this.#pc.getStats()).values())
      if (report.type === 'inbound-rtp' && report.kind === 'audio') figures = report;
    if (!figures) return null;
    this.#still = figures.packetsReceived === this.#heard ? this.#still + 1 : 0;
    this.#heard = figures.packetsReceived;
    if (this.#still === 1 && this.state === 'up') this.#set('suspect');
    if (this.#still === 0 && this.state === 'suspect') this.#set('up');
    if (this.#still >= STALL_S && (this.#still - STALL_S) % AGAIN_S === 0) this.restart();
    return { lost: figures.packetsLost, received: figures.packetsReceived, jitter: figures.jitter };
  }

  /* Once a second: a path that failed is tried again. */
  mend() {
    this.#lost = this.state === 'lost' && this.#stream && !this.#busy ? this.#lost + 1 : 0;
    if (this.#lost === AGAIN_S) this.open().catch(() => {});
  }

  close() {
    this.#pc?.close();
    this.#pc = undefined;
    if (this.#element) this.#element.srcObject = null;
    if (this.#own) this.#stream?.getTracks().forEach(t => t.stop());
    this.#stream = undefined;
    this.#muted = false;
    this.#set('none');
  }
}
