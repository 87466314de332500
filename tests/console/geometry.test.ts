import { ringArea } from "../../console/src/geometry/area";
import { enuFromMesh } from "../../console/src/geometry/attitude";
import { axes, ellipse, ray } from "../../console/src/geometry/camera";
import { LocalFrame, metresPerDegree, type Vec3 } from "../../console/src/geometry/enu";
import { HeightGrid, rayGround, tilesOver } from "../../console/src/geometry/ground";
import { groundMesh } from "../../console/src/map/layers/laid";

const HOME = { lat_deg: 43.86, lon_deg: 125.32, alt_amsl_m: 220 };
const near = (actual: readonly number[], expected: readonly number[], digits = 6) =>
  expected.forEach((value, i) => expect(actual[i]).toBeCloseTo(value, digits));

describe("the local frame", () => {
  const frame = new LocalFrame(HOME);

  it("goes to ENU and back", () => {
    const there = { lat_deg: 43.871, lon_deg: 125.307, alt_amsl_m: 265 };
    const back = frame.geodetic(frame.enu(there));
    near([back.lat_deg, back.lon_deg, back.alt_amsl_m], [there.lat_deg, there.lon_deg, there.alt_amsl_m], 7);
  });

  it("agrees with lengths of a degree on the ellipsoid", () => {
    const degree = metresPerDegree(HOME.lat_deg);
    const [, north] = frame.enu({ ...HOME, lat_deg: HOME.lat_deg + 0.001 });
    const [east] = frame.enu({ ...HOME, lon_deg: HOME.lon_deg + 0.001 });
    expect(north).toBeCloseTo(degree.lat * 0.001, 1);
    expect(east).toBeCloseTo(degree.lon * 0.001, 1);
  });

  it("sinks below the horizon with distance", () => {
    const up = frame.enu({ ...HOME, lon_deg: HOME.lon_deg + 0.1 })[2];
    expect(up).toBeLessThan(-4.5);
    expect(up).toBeGreaterThan(-5.5);
  });
});

describe("a camera", () => {
  const view = { azimuth_deg: 0, tilt_deg: 0, roll_deg: 0, hfov_deg: 90, vfov_deg: 60 };

  it("that looks level and north has east to its right", () => {
    const { right, down, forward } = axes(view);
    near(forward, [0, 1, 0]);
    near(right, [1, 0, 0]);
    near(down, [0, 0, -1]);
  });

  it("that looks east and down sees the ground ahead below the middle", () => {
    near(axes({ ...view, azimuth_deg: 90, tilt_deg: -90 }).forward, [0, 0, -1]);
    near(axes({ ...view, azimuth_deg: 90, tilt_deg: -90 }).down, [-1, 0, 0]);
  });

  it("with positive roll has its right side down", () => {
    near(axes({ ...view, roll_deg: 90 }).right, [0, 0, -1]);
  });

  it("has rays at half its fields of view through its edges", () => {
    near(ray(view, 1, 0.5), [Math.SQRT1_2, Math.SQRT1_2, 0]);
    near(ray(view, 0.5, 1), [0, Math.cos(Math.PI / 6), -0.5]);
  });
});

describe("attitude", () => {
  it("turns a mesh to the heading, nose up, right wing down", () => {
    const column = (m: number[], i: number): number[] => m.slice(i * 4, i * 4 + 3);
    near(column(enuFromMesh({ yaw_deg: 90, pitch_deg: 0, roll_deg: 0 }), 0), [1, 0, 0]);
    expect(column(enuFromMesh({ yaw_deg: 0, pitch_deg: 30, roll_deg: 0 }), 0)[2]).toBeCloseTo(0.5);
    const left = column(enuFromMesh({ yaw_deg: 0, pitch_deg: 0, roll_deg: 30 }), 1);
    expect(left[2]).toBeCloseTo(0.5);
    near(column(enuFromMesh({ yaw_deg: 0, pitch_deg: 0, roll_deg: 0 }), 2), [0, 0, 1]);
  });
});

describe("an error ellipse", () => {
  it("has its long axis along the larger variance, also when turned", () => {
    const points = ellipse(
      [
        [5, 4],
        [4, 5],
      ],
      1,
      64,
    );
    const longest = points.reduce((a, b) => (Math.hypot(...a) > Math.hypot(...b) ? a : b));
    expect(Math.hypot(...longest)).toBeCloseTo(3, 3);
    expect(Math.abs(longest[0] - longest[1])).toBeLessThan(0.01);
  });
});

describe("rays and the ground", () => {
  const frame = new LocalFrame(HOME);
  const flat = () => 220;

  it("meet where a slant of 45 degrees must", () => {
    const hit = rayGround([0, 0, 100], [0, Math.SQRT1_2, -Math.SQRT1_2], frame, flat) as Vec3;
    near(hit, [0, 100, 0], 1);
  });

  it("meet a hillside before the plain behind it", () => {
    const hill = (_: number, lat: number) => 220 + Math.max(0, 40 - Math.abs((lat - HOME.lat_deg) * 111_100 - 150));
    const hit = rayGround([0, 0, 60], [0, 0.97, -Math.sqrt(1 - 0.97 ** 2)], frame, hill) as Vec3;
    expect(hit[1]).toBeLessThan(150);
    expect(hit[2]).toBeGreaterThan(15);
  });

  it("do not meet above the horizon, nor beyond what is known", () => {
    expect(rayGround([0, 0, 50], [0, 1, 0], frame, flat, 500)).toBeNull();
    expect(rayGround([0, 0, 50], [0, 0.5, -0.8660254], frame, () => undefined)).toBeNull();
  });
});

describe("heights from tiles", () => {
  const zoom = 14;
  const bounds = [125.32, 43.855, 125.34, 43.865] as const;
  const block = tilesOver(bounds, zoom);

  it("cover the area they were asked for", () => {
    expect(block.columns).toBeGreaterThanOrEqual(1);
    expect(block.rows).toBeGreaterThanOrEqual(1);
    expect(block.columns * block.rows).toBeLessThanOrEqual(4);
  });

  it("are read as terrarium pixels, and are unknown elsewhere", () => {
    const grid = new HeightGrid(zoom, block.left, block.top, block.columns, block.rows);
    const code = Math.round((231.5 + 32_768) * 256);
    const rgba = new Uint8ClampedArray(256 * 256 * 4);
    for (let i = 0; i < rgba.length; i += 4) rgba.set([code >> 16, (code >> 8) & 255, code & 255, 255], i);
    for (let x = 0; x < block.columns; x += 1) {
      for (let y = 0; y < block.rows; y += 1) grid.put(block.left + x, block.top + y, rgba);
    }
    expect(grid.at(125.33, 43.86)).toBeCloseTo(231.5, 2);
    expect(grid.at(124, 43.86)).toBeUndefined();
    expect(grid.range(bounds, 5)?.map((height) => Math.round(height * 10) / 10)).toEqual([231.5, 231.5]);
    expect(grid.range([10, 43, 11, 44], 5)).toBeNull();
  });
});

describe("video on the ground", () => {
  const position = { lat_deg: HOME.lat_deg, lon_deg: HOME.lon_deg, alt_amsl_m: 320 };
  const pose = { time: 0, position, azimuth_deg: 0, tilt_deg: -90, roll_deg: 0, hfov_deg: 90, vfov_deg: 53.13 };

  it("covers what a camera that looks straight down sees", () => {
    const mesh = groundMesh(pose, new LocalFrame(position), () => 220);
    const xs = [...mesh.positions].filter((_, i) => i % 3 === 0);
    const ys = [...mesh.positions].filter((_, i) => i % 3 === 1);
    expect(Math.min(...xs)).toBeCloseTo(-100, 0);
    expect(Math.max(...xs)).toBeCloseTo(100, 0);
    expect(Math.max(...ys)).toBeCloseTo(50, 0);
  });

  it("puts the upper edge of the image ahead of the camera", () => {
    const mesh = groundMesh(pose, new LocalFrame(position), () => 220);
    const top = [...mesh.texCoords].findIndex((v, i) => i % 2 === 1 && v === 0);
    expect(mesh.positions[((top - 1) / 2) * 3 + 1]).toBeGreaterThan(45);
  });

  it("leaves out the sky", () => {
    const level = groundMesh({ ...pose, tilt_deg: 10, vfov_deg: 15 }, new LocalFrame(position), () => 220);
    expect(level.positions.length).toBe(0);
  });
});

describe("area", () => {
  it("of a hectare", () => {
    const degree = metresPerDegree(HOME.lat_deg);
    const [w, h] = [100 / degree.lon, 100 / degree.lat];
    const { lon_deg: x, lat_deg: y } = HOME;
    expect(ringArea([[x, y], [x + w, y], [x + w, y + h], [x, y + h], [x, y]])).toBeCloseTo(10_000, 0);
  });
});
