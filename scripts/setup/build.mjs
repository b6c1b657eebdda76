// dist/: TypeScript for Node, the terminal's agent in one file, the gateway in a few, and the browser's pages. Each is done again only when one of its inputs has changed.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runStep } from './progress.mjs';

const PARTS = [
  {
    name: 'code',
    title: 'Compiling',
    inputs: [
      'protocol',
      'device',
      'gateway',
      'dashboard',
      'scripts',
      'tsconfig.json',
      'tsconfig.base.json',
      'package-lock.json',
    ],
    outputs: ['protocol', 'device', 'gateway', 'scripts'],
    args: ['node_modules/typescript/bin/tsc', '-b'],
  },
  {
    name: 'terminal',
    title: 'Bundling the terminal',
    inputs: ['protocol', 'device', 'scripts/setup/bundle-terminal.mjs', 'package-lock.json'],
    outputs: ['terminal'],
    args: ['scripts/setup/bundle-terminal.mjs'],
  },
  {
    name: 'gateway',
    title: 'Bundling the gateway',
    inputs: ['protocol', 'gateway', 'scripts/setup/bundle-gateway.mjs', 'package-lock.json'],
    outputs: ['gateway/run'],
    args: ['scripts/setup/bundle-gateway.mjs'],
  },
  {
    name: 'pages',
    title: 'Building the pages',
    inputs: ['protocol', 'dashboard', 'package-lock.json'],
    outputs: ['pages'],
    args: ['node_modules/vite/bin/vite.js', 'build', 'dashboard', '--logLevel', 'warn'],
  },
];

/** The parts to be built again. */
export function staleParts(root) {
  return PARTS.filter((part) => {
    if (part.outputs.some((folder) => !existsSync(join(root, 'dist', folder)))) return true;
    try {
      return readFileSync(stampPath(root, part), 'utf8') !== inputStamp(root, part);
    } catch {
      return true;
    }
  });
}

export async function build(root, parts) {
  for (const part of parts) {
    // Taken before the work: what is edited meanwhile must count as changed.
    const stamp = inputStamp(root, part);
    await runStep({ title: part.title, command: process.execPath, args: part.args, cwd: root });
    mkdirSync(join(root, 'dist'), { recursive: true });
    writeFileSync(stampPath(root, part), stamp);
  }
}

const stampPath = (root, part) => join(root, 'dist', `.built-${part.name}`);

/** Path, size and modification time of every input: enough to notice an edit, and quick. */
function inputStamp(root, { inputs }) {
  const hash = createHash('sha256').update(process.version);
  const add = (path) => {
    const stat = statSync(join(root, path), { throwIfNoEntry: false });
    if (stat === undefined) return;
    if (!stat.isDirectory()) {
      hash.update(`${path} ${stat.size} ${stat.mtimeMs}\n`);
      return;
    }
    for (const name of readdirSync(join(root, path)).sort()) {
      if (name !== 'node_modules' && !name.startsWith('.')) add(`${path}/${name}`);
    }
  };
  for (const input of inputs) add(input);
  return hash.digest('hex');
}
