import { PictureClient, type Connection } from "../../console/src/picture/client";
import { Picture } from "../../console/src/picture/reducer";

class FakeSocket {
  static all: FakeSocket[] = [];
  sent: string[] = [];
  onopen: (() => void) | null = null;
  onclose: (() => void) | null = null;
  onmessage: ((event: { data: string }) => void) | null = null;

  constructor(readonly url: string) {
    FakeSocket.all.push(this);
  }

  send(text: string): void {
    this.sent.push(text);
  }

  close(): void {}

  say(message: object): void {
    this.onmessage?.({ data: JSON.stringify(message) });
  }
}

describe("the connection to the picture", () => {
  const states: Connection[] = [];
  let picture: Picture;
  let client: PictureClient;
  const last = (): FakeSocket => FakeSocket.all.at(-1) as FakeSocket;

  beforeEach(() => {
    vi.useFakeTimers();
    vi.stubGlobal("WebSocket", FakeSocket);
    vi.stubGlobal("window", { addEventListener: () => {}, removeEventListener: () => {} });
    FakeSocket.all = [];
    states.length = 0;
    picture = new Picture();
    client = new PictureClient("ws://service/picture", picture, {
      message: (message) => void picture.apply(message),
      connection: (state) => void states.push(state),
      refused: () => {},
    });
    client.start();
    last().onopen?.();
    last().say({ type: "snapshot", epoch: "e", seq: 5, time: 1, entities: [] });
  });

  afterEach(() => {
    client.stop();
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });

  it("subscribes without resume at first, and is live with the first message", () => {
    expect(JSON.parse(last().sent[0] ?? "")).toEqual({ type: "subscribe", rate_hz: 5 });
    expect(states).toEqual(["live"]);
  });

  it("says at once that it is lost, comes back by itself and resumes where it was", () => {
    last().onclose?.();
    expect(states.at(-1)).toBe("lost");
    vi.advanceTimersByTime(1_000);
    expect(FakeSocket.all.length).toBe(2);
    last().onopen?.();
    expect(JSON.parse(last().sent[0] ?? "").resume).toEqual({ epoch: "e", seq: 5 });
    last().say({ type: "delta", seq: 6, time: 2, changed: [], removed: [] });
    expect(states.at(-1)).toBe("live");
  });

  it("notices silence, then gives the socket up and tries another", () => {
    vi.advanceTimersByTime(4_000);
    expect(states.at(-1)).toBe("silent");
    vi.advanceTimersByTime(4_000);
    expect(states).toContain("lost");
    expect(FakeSocket.all.length).toBe(2);
  });

  it("does not take the time in which the page did not run for silence", () => {
    const now = vi.spyOn(performance, "now");
    const real = performance.now();
    now.mockReturnValue(real + 60_000);
    vi.advanceTimersByTime(600);
    now.mockRestore();
    expect(states).toEqual(["live"]);
  });

  it("waits longer each time, but never long", () => {
    for (let i = 0; i < 8; i += 1) {
      last().onclose?.();
      vi.advanceTimersByTime(6_100);
    }
    expect(FakeSocket.all.length).toBe(9);
  });

  it("is not disturbed by what is not a message", () => {
    last().onmessage?.({ data: "{broken" });
    last().onmessage?.({ data: "17" });
    expect(picture.seq).toBe(5);
    expect(states.at(-1)).toBe("live");
  });
});
