// The button that installs the page as an app, where the browser offers that.
export function offerInstalling(button) {
  let offer = null;
  addEventListener("beforeinstallprompt", (event) => {
    event.preventDefault();
    offer = event;
    button.hidden = false;
  });
  button.addEventListener("click", async () => {
    await offer.prompt();
    button.hidden = true; // an offer can be made once
  });
  addEventListener("appinstalled", () => (button.hidden = true));
}
