import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { defineConfig, type Plugin } from 'vite';

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** A folder a page, as the gateway serves them: `dist/pages/wall` at `/wall/`. What they share is in `/assets/`. */
const PAGES = ['wall', 'sign-in', 'account'];

/**
 * The oldest Chromium that the pages are for: that of televisions sold in 2022. Syntax and styles are brought down to it; what
 * cannot be (an API) is not used, which tests/browser/old-browser.test.ts holds.
 */
const OLDEST_BROWSER = 'chrome87';

/** What stands on a page until its script takes its place: no script, no modules, or syntax that the browser does not know. */
const notStarted = (): Plugin => ({
  name: 'not-started',
  transformIndexHtml: {
    order: 'pre',
    handler: (html) =>
      html.replace('<!-- not-started -->', () => readFileSync(here('not-started.html'), 'utf8')),
  },
});

/** Beside each file that is worth it, the same for whoever takes it compressed: as small as it gets, once and for all. */
function compressed(folder: string): Plugin {
  return {
    name: 'compressed',
    apply: 'build',
    closeBundle() {
      for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
        if (!entry.isFile() || !/\.(js|css|html|svg)$/.test(entry.name)) continue;
        const file = join(entry.parentPath, entry.name);
        const bytes = readFileSync(file);
        if (bytes.length < 1_024) continue;
        writeFileSync(`${file}.br`, brotliCompressSync(bytes));
        writeFileSync(`${file}.gz`, gzipSync(bytes, { level: 9 }));
      }
    },
  };
}

/** Nothing is inlined, so that `script-src 'self'` is enough. */
export default defineConfig({
  root: here('.'),
  // Pages are one level below whatever path the gateway is served below: what they load is beside them.
  base: './',
  plugins: [notStarted(), compressed(here('../dist/pages'))],
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    outDir: here('../dist/pages'),
    emptyOutDir: true,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    target: OLDEST_BROWSER,
    chunkSizeWarningLimit: 700,
    rollupOptions: { input: Object.fromEntries(PAGES.map((page) => [page, here(`${page}/index.html`)])) },
  },
  server: { proxy: { '/api': { target: 'http://127.0.0.1:8080', ws: true } } },
});
