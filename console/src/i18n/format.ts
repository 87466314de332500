/** Numbers as an operator reads them. The same in both languages, with SI units. */

/** "0.4 s", "12 s", "3 min", "2 h": the age of something. */
export function age(seconds: number): string {
  const s = Math.max(seconds, 0);
  if (s < 9.95) return `${s.toFixed(1)} s`;
  if (s < 120) return `${Math.floor(s)} s`;
  if (s < 7_200) return `${Math.floor(s / 60)} min`;
  return `${Math.floor(s / 3_600)} h`;
}

/** "7:05" minutes and seconds, or "1:02:05". */
export function duration(seconds: number): string {
  const s = Math.round(seconds);
  const [h, m, r] = [Math.floor(s / 3_600), Math.floor((s % 3_600) / 60), s % 60];
  const two = (n: number) => String(n).padStart(2, "0");
  return h > 0 ? `${h}:${two(m)}:${two(r)}` : `${m}:${two(r)}`;
}

export function distance(metres: number): string {
  return metres < 995 ? `${Math.round(metres)} m` : `${(metres / 1_000).toFixed(1)} km`;
}

export function area(square_metres: number): string {
  return square_metres < 1e5 ? `${(square_metres / 1e4).toFixed(2)} ha` : `${(square_metres / 1e6).toFixed(3)} km²`;
}

/** "14:03:09" in this machine's time zone. */
export function clock(time: number, utc = false): string {
  const date = new Date(time * 1_000);
  const parts = utc
    ? [date.getUTCHours(), date.getUTCMinutes(), date.getUTCSeconds()]
    : [date.getHours(), date.getMinutes(), date.getSeconds()];
  return parts.map((n) => String(n).padStart(2, "0")).join(":");
}
