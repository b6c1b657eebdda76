// dist/terminal/: main.js, which looks at Node.js, and the agent with what it imports in one file. Node looks for some 900 files without it, and on a slow
// board with a slow card that is most of the time from power to the first press that can be taken.
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** Compiled for the board, so they stay where npm has put them. */
const NATIVE = ['better-sqlite3', 'onoff'];

await build({
  configFile: false,
  root: join(root, 'device'),
  logLevel: 'warn',
  ssr: { noExternal: true, external: NATIVE },
  build: {
    ssr: join(root, 'device/main.ts'),
    outDir: join(root, 'dist/terminal'),
    emptyOutDir: true,
    target: 'node20',
    minify: false,
    rollupOptions: { output: { chunkFileNames: '[name].js' } },
    sourcemap: true,
  },
});
