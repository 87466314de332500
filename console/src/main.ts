import "@fontsource/ibm-plex-sans/latin-400.css";
import "@fontsource/ibm-plex-sans/latin-500.css";
import "@fontsource/ibm-plex-sans/latin-600.css";
import "./fonts.css";
import "./console.css";
import { mount } from "svelte";
import App from "./App.svelte";
import { live } from "./state/live.svelte";

window.__liti = { map: null, scene: null, picture: live.picture, video: null, connection: "connecting" };

const target = document.getElementById("app");
if (target === null) throw new Error("index.html lacks #app");
mount(App, { target });
