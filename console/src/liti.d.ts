/** What the page shows of itself for tests and for looking into it. */
interface Window {
  __liti: {
    map: import("maplibre-gl").Map | null;
    scene: { layers: [id: string, count: number][]; ready: boolean } | null;
    picture: import("./picture/reducer").Picture | null;
    video: { sensor: string; frames: number; time: number; laid: boolean } | null;
    connection: string;
  };
}

declare module "*?worker&url" {
  const url: string;
  export default url;
}
