// The ways in which photos come: chosen, taken, dropped, pasted, or the sample.
import { $ } from "./elements.js";

export class Intake {
  constructor(take, { snap, failed }) {
    this.take = take;
    for (const id of ["choose", "more"]) $(id).addEventListener("click", () => $("file").click());
    $("take").addEventListener("click", snap);
    $("sample").addEventListener("click", () => this.sample(failed));
    for (const id of ["file", "snap"]) {
      $(id).addEventListener("change", (event) => {
        const files = [...event.target.files];
        event.target.value = "";
        this.take(files);
      });
    }
    this.takeDrops();
    addEventListener("paste", (event) => {
      const files = [...(event.clipboardData?.files ?? [])];
      if ($("panel-camera").hidden) this.take(files);
    });
  }

  takeDrops() {
    let inside = 0;
    const leave = () => {
      inside = 0;
      $("main").classList.remove("over");
    };
    addEventListener("dragenter", (event) => {
      event.preventDefault();
      inside += 1;
      $("main").classList.add("over");
    });
    addEventListener("dragleave", () => {
      inside -= 1;
      if (inside <= 0) leave();
    });
    addEventListener("dragover", (event) => event.preventDefault());
    addEventListener("drop", (event) => {
      event.preventDefault();
      leave();
      if ($("panel-camera").hidden) this.take([...event.dataTransfer.files]);
    });
  }

  async sample(failed) {
    let answer;
    try {
      answer = await fetch("/static/sample.png");
      if (answer.ok) return this.take([new File([await answer.blob()], "astronaut.png", { type: "image/png" })]);
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
    }
    failed(answer?.status ?? 0);
  }
}
