import { parseVideoMessage, VideoFormatError } from "../../console/src/video/header";

function message(header: string, unit: number[], magic = "LTV1", length?: number): ArrayBuffer {
  const text = new TextEncoder().encode(header);
  const data = new Uint8Array(8 + text.length + unit.length);
  data.set(new TextEncoder().encode(magic), 0);
  new DataView(data.buffer).setUint32(4, length ?? text.length, true);
  data.set(text, 8);
  data.set(unit, 8 + text.length);
  return data.buffer;
}

const HEADER = JSON.stringify({ time: 12.5, key: true, codec: "avc1.42c01e", width: 640, height: 360, sensor_id: "cam-001" });

describe("a message of the video door", () => {
  it("is header and access unit", () => {
    const { header, unit } = parseVideoMessage(message(HEADER, [0, 0, 0, 1, 0x65]));
    expect(header.time).toBe(12.5);
    expect(header.codec).toBe("avc1.42c01e");
    expect([...unit]).toEqual([0, 0, 0, 1, 0x65]);
  });

  it.each([
    ["too short", new ArrayBuffer(5)],
    ["of another kind", message(HEADER, [1], "LTV2")],
    ["cut off", message(HEADER, [], "LTV1", 5_000)],
    ["not JSON", message("{no", [1])],
    ["without a time", message('{"key": true, "codec": "avc1"}', [1])],
    ["null", message("null", [1])],
  ])("that is %s is refused", (_, data) => {
    expect(() => parseVideoMessage(data)).toThrow(VideoFormatError);
  });
});
