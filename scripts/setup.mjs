#!/usr/bin/env node
// Gets a checkout ready and runs a command in it: see scripts/README.md. Runs before anything is installed, so it and
// scripts/setup/ are plain JavaScript without dependencies; this file stays readable to a Node that is too old.
const NODE_WANTED = [20, 19];

const version = process.versions.node.split('.').map(Number);
const oldNode = version[0] < NODE_WANTED[0] || (version[0] === NODE_WANTED[0] && version[1] < NODE_WANTED[1]);

if (oldNode) {
  console.error(
    `node-too-old: Manyi needs Node.js ${NODE_WANTED.join('.')} or newer, and this is ${process.versions.node}.`,
  );
  console.error(
    'Install it from https://nodejs.org or with a version manager (nvm install), then try again.',
  );
  process.exit(1);
} else {
  void import('./setup/main.mjs')
    .then(({ main }) => main(process.argv.slice(2)))
    .then((code) => {
      process.exitCode = code;
    });
}
