// In the admin: a click on the picture sets its focal point; without this script the two numbers do.
for (const preview of document.querySelectorAll(".portrait-preview")) {
  const group = preview.closest(".inline-related");
  const [x, y] = ["x", "y"].map((axis) => group.querySelector(`input[name$="focal_${axis}"]`));
  const point = preview.querySelector(".focal-point");
  if (!x || !y) continue;
  preview.addEventListener("click", (event) => {
    const box = preview.getBoundingClientRect();
    const part = (position, size) => Math.min(1, Math.max(0, position / size)).toFixed(2);
    x.value = part(event.clientX - box.left, box.width);
    y.value = part(event.clientY - box.top, box.height);
    show();
  });
  const show = () => {
    point.dataset.focalX = Math.round(x.value * 10) * 10;
    point.dataset.focalY = Math.round(y.value * 10) * 10;
  };
  x.addEventListener("input", show);
  y.addEventListener("input", show);
}
