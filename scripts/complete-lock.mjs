#!/usr/bin/env node
// Run after `npm install`: node scripts/complete-lock.mjs
// npm leaves a platform's optional package out of the lock file when the registry in use does not have it, and then `npm ci`
// refuses the lock file everywhere. This puts such entries back, from what the package that wants them says.
import { readFileSync, writeFileSync } from 'node:fs';

const path = new URL('../package-lock.json', import.meta.url);
const lock = JSON.parse(readFileSync(path, 'utf8'));
const added = [];

for (const owner of Object.values(lock.packages)) {
  for (const [name, version] of Object.entries(owner.optionalDependencies ?? {})) {
    const key = `node_modules/${name}`;
    const platform = /(android|darwin|freebsd|linux|win32)-(arm64|arm|x64|ia32)(-musl)?$/.exec(name);
    const nested = Object.keys(lock.packages).some((each) => each.endsWith(`/${key}`));
    if (lock.packages[key] !== undefined || nested || platform === null) continue;
    const [, os, cpu, musl] = platform;
    lock.packages[key] = {
      version,
      cpu: [cpu],
      ...(owner.dev ? { dev: true } : {}),
      ...(musl ? { libc: ['musl'] } : {}),
      license: owner.license,
      optional: true,
      os: [os],
    };
    added.push(name);
  }
}

if (added.length > 0) {
  const { '': root, ...packages } = lock.packages;
  const sorted = Object.entries(packages).sort(([a], [b]) => (a < b ? -1 : 1));
  lock.packages = { '': root, ...Object.fromEntries(sorted) };
  writeFileSync(path, `${JSON.stringify(lock, null, 2)}\n`);
}
console.log(added.length > 0 ? `added: ${added.join(', ')}` : 'complete');
