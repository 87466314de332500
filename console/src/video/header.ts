/** The binary messages of the video door: "LTV1", header length (uint32, little endian), JSON header, access unit. */

import type { VideoHeader } from "../doors";

const MAGIC = 0x3156544c; // "LTV1", little endian
const LONGEST_HEADER = 65_536;

export interface VideoMessage {
  header: VideoHeader;
  /** One H.264 access unit, Annex B. */
  unit: Uint8Array<ArrayBuffer>;
}

export class VideoFormatError extends Error {}

/** Take a message apart; throws `VideoFormatError` when it is not what the door promises. */
export function parseVideoMessage(data: ArrayBuffer): VideoMessage {
  if (data.byteLength < 8) throw new VideoFormatError("too short");
  const view = new DataView(data);
  if (view.getUint32(0, true) !== MAGIC) throw new VideoFormatError("wrong magic");
  const length = view.getUint32(4, true);
  if (length > LONGEST_HEADER || 8 + length > data.byteLength) throw new VideoFormatError("wrong header length");
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(new Uint8Array(data, 8, length)));
  } catch {
    throw new VideoFormatError("the header is not JSON");
  }
  if (!isHeader(header)) throw new VideoFormatError("the header lacks time, key or codec");
  return { header, unit: new Uint8Array(data, 8 + length) };
}

function isHeader(value: unknown): value is VideoHeader {
  if (typeof value !== "object" || value === null) return false;
  const header = value as Partial<VideoHeader>;
  return typeof header.time === "number" && typeof header.key === "boolean" && typeof header.codec === "string";
}
