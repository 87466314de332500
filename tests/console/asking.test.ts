import { ASKED, given, KINDS, PATTERNS, wrongFigure } from "../../console/src/state/asking";
import { strings } from "../../console/src/i18n/strings";

describe("what each kind of mission asks", () => {
  it("is said in words, in both languages", () => {
    for (const kind of KINDS) {
      expect(strings).toHaveProperty([`mission.kind.${kind}`]);
      expect(strings).toHaveProperty([`mission.about.${kind}`]);
      for (const { name } of ASKED[kind].figures) expect(strings).toHaveProperty([`mission.figure.${name}`]);
      for (const shape of ASKED[kind].shapes) expect(strings).toHaveProperty([`mission.shape.${shape}`]);
    }
    for (const pattern of PATTERNS.Polygon) expect(strings).toHaveProperty([`mission.pattern.${pattern}`]);
  });

  it("leaves out what was left empty, and what belongs to another kind", () => {
    expect(given("corridor", { width_m: 120, turns: 3, persist_s: null })).toEqual({ width_m: 120 });
    expect(given("orbit", { turns: 2, radius_m: null })).toEqual({ turns: 2 });
    expect(given("route", {})).toEqual({});
    expect(given("survey", { direction_deg: Number.NaN })).toEqual({});
  });

  it("finds a figure that is out of its range, and none of another kind", () => {
    expect(wrongFigure("orbit", { turns: 51 })?.name).toBe("turns");
    expect(wrongFigure("orbit", { turns: 50, radius_m: 5 })).toBeNull();
    expect(wrongFigure("route", { turns: 51 })).toBeNull();
  });

  it("offers a creeping line over areas only", () => {
    expect(PATTERNS.Polygon[0]).toBe("creeping_line");
    expect(PATTERNS.Point).not.toContain("creeping_line");
  });
});
