import { age, area, distance, duration } from "../../console/src/i18n/format";
import { fill, firstLanguage, strings } from "../../console/src/i18n/strings";

const blanks = (text: string) => (text.match(/\{\w+\}/g) ?? []).sort();

describe("the table of words", () => {
  it.each(Object.entries(strings))("%s is in both languages, with the same blanks", (_, { zh, en }) => {
    expect(zh.trim()).not.toBe("");
    expect(en.trim()).not.toBe("");
    expect(blanks(zh)).toEqual(blanks(en));
  });

  it("has Chinese where Chinese is meant", () => {
    const without = Object.entries(strings).filter(([key, { zh }]) => !/[\u4e00-\u9fff]/.test(zh) && !key.startsWith("lang."));
    expect(without).toEqual([]);
  });

  it("fills blanks and leaves unknown ones", () => {
    expect(fill("{a} of {b}", { a: 1 })).toBe("1 of {b}");
  });
});

describe("the first language", () => {
  it.each([
    [null, ["de-DE", "en-GB", "zh-CN"], "en"],
    [null, ["zh-TW", "en"], "zh"],
    [null, ["fr"], "zh"],
    ["en", ["zh-CN"], "en"],
    ["xx", [], "zh"],
  ] as const)("stored %s, browser %s: %s", (stored, preferred, expected) => {
    expect(firstLanguage(stored, preferred)).toBe(expected);
  });
});

describe("numbers", () => {
  it("read as an operator expects", () => {
    expect([age(0.42), age(12.7), age(200), age(9_000)]).toEqual(["0.4 s", "12 s", "3 min", "2 h"]);
    expect([duration(65), duration(3_725)]).toEqual(["1:05", "1:02:05"]);
    expect([distance(940), distance(12_345)]).toEqual(["940 m", "12.3 km"]);
    expect([area(12_000), area(1_250_000)]).toEqual(["1.20 ha", "1.250 km²"]);
  });
});
