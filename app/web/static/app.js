// Tabs, and what photo and camera share.
import { Bench } from "./bench.js";
import { Camera } from "./camera.js";
import { $ } from "./elements.js";
import { Look } from "./look.js";

const tabs = [$("tab-photo"), $("tab-camera")];

const photoLook = new Look($("photo-look"), "photo", () => bench.restyle());
const bench = new Bench(() => photoLook.now, () => snap());
const cameraLook = new Look($("camera-look"), "camera", () => camera.changeLook());
const camera = new Camera(() => cameraLook.now, (blob) => {
  select(tabs[0]);
  bench.take([new File([blob], "camera.jpg", { type: blob.type })]);
});

function select(tab, focus = false) {
  for (const one of tabs) {
    const chosen = one === tab;
    one.setAttribute("aria-selected", String(chosen));
    one.tabIndex = chosen ? 0 : -1;
    $(one.getAttribute("aria-controls")).hidden = !chosen;
  }
  if (tab !== tabs[1]) camera.stop();
  if (focus) tab.focus();
}

function snap() {
  if (matchMedia("(pointer: coarse)").matches) {
    $("snap").click();
  } else {
    select(tabs[1]);
    camera.start().then(() => $("shot").focus());
  }
}

tabs.forEach((tab, place) => {
  tab.addEventListener("click", () => select(tab));
  tab.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (step) select(tabs[(place + step + tabs.length) % tabs.length], true);
  });
});
if (location.hash === "#camera") select(tabs[1]);
