/** Plays one sensor: WebSocket to WebCodecs. Every decoded frame comes with the header of its own access unit. */

import type { VideoHeader } from "../doors";
import { parseVideoMessage, VideoFormatError } from "./header";

export type PlayerState = "connecting" | "waiting" | "playing" | "lost" | "refused" | "unsupported";

export interface PlayerEvents {
  /** The receiver owns the frame and must close it. */
  frame(frame: VideoFrame, header: VideoHeader): void;
  state(state: PlayerState): void;
}

const MOST_WAITING = 30;
const RETRY_MS = 1_500;
const LONG_RETRY_MS = 8_000;
/** A handshake that fails does not say why; so often in a row, the service most likely has no such video. */
const REFUSALS = 3;
/** So much later than the quickest message, only key frames are shown until this machine has caught up. */
const BEHIND_S = 1.2;
/** Close codes with which the service says that asking again is no use: policy, unknown sensor, not signed in. */
const FINAL_CODES = new Set([1008, 4401, 4403, 4404]);

export class VideoPlayer {
  #socket: WebSocket | null = null;
  #decoder: VideoDecoder | null = null;
  #codec = "";
  #needKey = true;
  readonly #headers = new Map<number, VideoHeader>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #stopped = false;
  #refusals = 0;
  #quickest_s = Number.POSITIVE_INFINITY;

  constructor(
    readonly address: string,
    readonly events: PlayerEvents,
  ) {}

  start(): void {
    if (typeof VideoDecoder === "undefined") {
      this.events.state("unsupported");
      return;
    }
    this.#open();
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
    this.#socket?.close();
    this.#reset();
  }

  #open(): void {
    this.events.state("connecting");
    const socket = new WebSocket(this.address);
    socket.binaryType = "arraybuffer";
    this.#socket = socket;
    let opened = false;
    socket.onopen = () => {
      opened = true;
      this.events.state("waiting");
    };
    socket.onmessage = (event: MessageEvent<ArrayBuffer | string>) => {
      if (typeof event.data !== "string") this.#take(event.data);
    };
    socket.onclose = (event) => {
      if (this.#stopped) return;
      this.#reset();
      if (FINAL_CODES.has(event.code)) {
        this.events.state("refused");
        return;
      }
      this.#refusals = opened ? 0 : this.#refusals + 1;
      const refused = this.#refusals >= REFUSALS;
      this.events.state(refused ? "refused" : "lost");
      this.#timer = setTimeout(() => this.#open(), refused ? LONG_RETRY_MS : RETRY_MS);
    };
  }

  #take(data: ArrayBuffer): void {
    let message;
    try {
      message = parseVideoMessage(data);
    } catch (error) {
      if (error instanceof VideoFormatError) return;
      throw error;
    }
    const { header, unit } = message;
    if (this.#behind(header)) this.#needKey = true;
    if (this.#needKey && !header.key) return;
    const decoder = this.#ready(header);
    if (decoder === null) return;
    if (decoder.decodeQueueSize > MOST_WAITING) {
      this.#needKey = true;
      return;
    }
    this.#needKey = false;
    const timestamp = Math.round(header.time * 1e6);
    this.#headers.set(timestamp, header);
    decoder.decode(new EncodedVideoChunk({ type: header.key ? "key" : "delta", timestamp, data: unit }));
  }

  /** Whether messages wait here longer than they should; clocks need not agree for this. */
  #behind(header: VideoHeader): boolean {
    const taken_s = performance.now() / 1e3 - header.time;
    this.#quickest_s = Math.min(this.#quickest_s, taken_s);
    return taken_s - this.#quickest_s > BEHIND_S;
  }

  #ready(header: VideoHeader): VideoDecoder | null {
    if (this.#decoder?.state === "configured" && this.#codec === header.codec) return this.#decoder;
    if (!header.key) return null;
    this.#reset();
    this.#decoder = new VideoDecoder({
      output: (frame) => this.#show(frame),
      error: () => this.#reset(),
    });
    this.#codec = header.codec;
    this.#decoder.configure({ codec: header.codec, optimizeForLatency: true });
    return this.#decoder;
  }

  #show(frame: VideoFrame): void {
    const header = this.#headers.get(frame.timestamp);
    for (const timestamp of this.#headers.keys()) {
      if (timestamp <= frame.timestamp) this.#headers.delete(timestamp);
    }
    if (header === undefined) {
      frame.close();
      return;
    }
    this.events.state("playing");
    this.events.frame(frame, header);
  }

  #reset(): void {
    this.#quickest_s = Number.POSITIVE_INFINITY;
    if (this.#decoder !== null && this.#decoder.state !== "closed") this.#decoder.close();
    this.#decoder = null;
    this.#needKey = true;
    this.#headers.clear();
  }
}
