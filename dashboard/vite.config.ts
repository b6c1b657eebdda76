import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** A folder a page, as the gateway serves them: `dist/pages/wall` at `/wall/`. What they share is in `/assets/`. */
const PAGES = ['wall', 'sign-in', 'account'];

/** Nothing is inlined, so that `script-src 'self'` is enough. */
export default defineConfig({
  root: here('.'),
  base: '/',
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    outDir: here('../dist/pages'),
    emptyOutDir: true,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    target: 'chrome109',
    chunkSizeWarningLimit: 700,
    rollupOptions: { input: Object.fromEntries(PAGES.map((page) => [page, here(`${page}/index.html`)])) },
  },
  server: { proxy: { '/api': { target: 'http://127.0.0.1:8080', ws: true } } },
});
