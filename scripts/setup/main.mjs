// What setup does, in order: system packages, npm packages, build, then the command.
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, staleParts } from './build.mjs';
import { install, isInstalled } from './install.mjs';
import { withLock } from './lock.mjs';
import {
  goals,
  howToInstall,
  installPackages,
  lacksLists,
  missingCompiler,
  missingFor,
} from './packages.mjs';
import { StepFailed } from './progress.mjs';
import { runCommand } from './run-command.mjs';

const USAGE = `usage: node scripts/setup.mjs [${goals.join('|')}] [--quiet] [-- command args…]`;
const root = fileURLToPath(new URL('../..', import.meta.url));
const say = (text) => process.stderr.write(`${text}\n`);

/** @param {string[]} argv @returns {Promise<number>} exit code */
export async function main(argv) {
  // Whoever reads what is said here may be gone, or his disk full: the command runs all the same.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
  const options = parse(argv);
  if (options.help) {
    process.stdout.write(`${USAGE}\n`);
    return 0;
  }
  if (options.error !== undefined) {
    say(`bad-argument: ${options.error}\n${USAGE}`);
    return 2;
  }
  try {
    if (!(await prepare(options.goal))) return 1;
  } catch (error) {
    const told = tell(error);
    if (told === null) throw error;
    say(told);
    return 1;
  }
  if (options.command.length > 0) return runCommand(options.command, root);
  if (!options.quiet) process.stdout.write('Ready.\n');
  return 0;
}

/** A failed step, or a checkout that cannot be written; null for a mistake of ours. */
function tell(error) {
  if (error instanceof StepFailed) return `${error.output}\n\nsetup-failed: ${error.message}`;
  const { code, syscall, path } = error;
  if (typeof syscall !== 'string' || typeof path !== 'string') return null;
  if (code === 'EACCES' || code === 'EPERM')
    return `setup-not-ours: ${path} may not be written by this user: run this as the owner of the checkout (ls -ld ${root})`;
  if (code === 'EROFS') return `setup-read-only: ${path} is on a disk that can only be read`;
  if (code === 'ENOSPC' || code === 'EDQUOT') return `setup-disk-full: the disk is full: no room for ${path}`;
  return `setup-failed: ${path} could not be used (${code}, ${syscall})`;
}

function parse(argv) {
  const cut = argv.indexOf('--');
  const own = cut === -1 ? argv : argv.slice(0, cut);
  const words = own.filter((word) => !word.startsWith('-'));
  const unknown = own.find((word) => word.startsWith('-') && !['--quiet', '--help'].includes(word));
  const [goal = 'build', ...more] = words;
  const command = cut === -1 ? [] : argv.slice(cut + 1);
  const options = {
    // npm run demo -- --province: npm hands its arguments to the command alone.
    goal: goal === 'demo' && command.includes('--province') ? 'province' : goal,
    quiet: own.includes('--quiet'),
    help: own.includes('--help'),
    command,
  };
  if (unknown !== undefined) return { ...options, error: `unknown option ${unknown}` };
  if (!goals.includes(goal)) return { ...options, error: `unknown goal ${goal}` };
  return more.length > 0 ? { ...options, error: `one goal at a time, not also ${more.join(', ')}` } : options;
}

/** @returns {Promise<boolean>} whether the command may run */
async function prepare(goal) {
  if (isReady(goal)) return true;
  const waiting = (pid) => say(`· Waiting for another setup in this checkout (process ${pid}) …`);
  return withLock(join(root, 'data', 'setup.lock'), waiting, async () => {
    const needed = isInstalled(root) ? [] : missingCompiler();
    const missing = await installPackages([...needed, ...missingFor(goal)], lacksLists(goal));
    const hard = missing.filter((need) => !needed.includes(need));
    if (missing.length > 0) say(`package-missing: not on this machine:\n${howToInstall(missing)}`);
    if (hard.length > 0) {
      if (process.env.CI === 'true') return false;
      say(`Going on without: what needs them will be left out, and will say so.`);
    }
    if (!isInstalled(root)) await install(root);
    await build(root, staleParts(root));
    return true;
  });
}

const isReady = (goal) =>
  missingFor(goal).length === 0 && !lacksLists(goal) && isInstalled(root) && staleParts(root).length === 0;
