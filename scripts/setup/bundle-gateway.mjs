// dist/gateway/run/: the gateway, its command line and the programs that they start, with what they import in a few files.
// Node looks for some 1,500 files without it: most of the time that a command takes, and a good part of a gateway's start.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const gateway = (path) => join(root, 'gateway', path);
/** As deep as the rooms of the gateway in dist/: `../../../dist/pages` is the same from here. */
const folder = join(root, 'dist/gateway/run');

/** They stay where npm has put them: what is compiled for the machine, and what reads files that lie beside it. */
const APART = ['better-sqlite3', 'pino', '@fastify/swagger', '@fastify/swagger-ui'];

await build({
  configFile: false,
  root: join(root, 'gateway'),
  logLevel: 'warn',
  ssr: { noExternal: true, external: APART },
  build: {
    ssr: true,
    outDir: folder,
    emptyOutDir: true,
    target: 'node20',
    minify: false,
    rollupOptions: {
      input: {
        main: gateway('main.ts'),
        manyi: gateway('cli/main.ts'),
        'check-process': gateway('store/sqlite/check-process.ts'),
        'foresight-thread': gateway('wiring/foresight-thread.ts'),
        'copy-process': gateway('store/sqlite/backup/copy-process.ts'),
      },
      output: { entryFileNames: '[name].js', chunkFileNames: '[name].js' },
    },
    sourcemap: true,
  },
});

for (const name of readdirSync(folder).filter((name) => name.endsWith('.js')))
  for (const [, path] of readFileSync(join(folder, name), 'utf8').matchAll(
    /new URL\(["'](\.[^"']+\.js)["'], import\.meta\.url\)/g,
  ))
    if (!existsSync(join(folder, path)))
      throw new Error(`${name} starts ${path}, which is not there: it has to be an input of this bundle`);
