// Tabs, and what photo and camera share.
import { Photo } from "./photo.js";
import { Camera } from "./camera.js";

const $ = (id) => document.getElementById(id);
const tabs = [$("tab-photo"), $("tab-camera")];

function look(place, name, changed) {
  const copy = $("look").content.cloneNode(true);
  for (const input of copy.querySelectorAll("input")) input.name = `${name}-${input.name}`;
  const themes = copy.querySelector(".themes");
  if (themes.querySelectorAll("input").length < 2) themes.remove();
  place.append(copy);
  place.addEventListener("change", changed);
  const chosen = (what) => place.querySelector(`input[name="${name}-${what}"]:checked`);
  return () => {
    const theme = chosen("theme") || $("look").content.querySelector('input[name="theme"]');
    return { style: chosen("style").value, theme: theme.value, folder: theme.dataset.folder };
  };
}

const photo = new Photo(look($("photo-look"), "photo", () => photo.redraw()), () => snap());
const camera = new Camera(look($("camera-look"), "camera", () => camera.changeLook()), (blob) => {
  select(tabs[0]);
  photo.open(blob);
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
