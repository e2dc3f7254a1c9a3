// The choice of a colour scheme: at once on this page, and by a cookie on all that follow.

export function clicked({ dataset: { themeChoice: theme } }) {
  document.documentElement.dataset.theme = theme;
  document.cookie = `theme=${theme}; path=/; max-age=31536000; samesite=lax`;
  for (const button of document.querySelectorAll("[data-theme-choice]")) {
    button.setAttribute("aria-pressed", button.dataset.themeChoice === theme);
  }
}
