// A page that only stands between two others sends itself on.

document.querySelector("[data-go-on]")?.requestSubmit();
