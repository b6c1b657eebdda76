// System packages: what each goal needs beside Node, how to tell that it is there, and how to get it.
import { execFileSync } from 'node:child_process';
import { accessSync, constants, existsSync, readdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { runStep, StepFailed } from './progress.mjs';

/** Debian package → what proves that it (or the same from elsewhere) is there: a command, or a font whose path matches. */
const COMPILER = [
  { package: 'python3', command: 'python3' },
  { package: 'make', command: 'make' },
  { package: 'g++', command: 'g++' },
];
const BROKER = [
  { package: 'mosquitto', command: 'mosquitto' },
  { package: 'mosquitto-clients', command: 'mosquitto_pub' },
];
/** What people put in front of a gateway. */
const BALANCER = { package: 'haproxy', command: 'haproxy' };
const PROXIES = [BALANCER, { package: 'nginx-light', command: 'nginx' }];
/** The servers are the tests' and the demo's own, in folders of theirs; Debian's, which comes with the package, is not asked. */
const DATABASE = [{ package: 'postgresql', command: 'initdb' }];
/** Who is the primary, and what leads to it. */
const CLUSTER = [
  { package: 'haproxy', command: 'haproxy' },
  { package: 'etcd-server', command: 'etcd' },
  { package: 'patroni', command: 'patroni' },
  { package: 'keepalived', command: 'keepalived' },
  { package: 'curl', command: 'curl' },
  // Machines apart, and what is lost between them.
  { package: 'iproute2', command: 'ip' },
  { package: 'nftables', command: 'nft' },
];
/** Real faults: I/O errors in a running process, and a wall clock that jumps. */
const FAULTS = [
  { package: 'strace', command: 'strace' },
  { package: 'faketime', command: 'faketime' },
];
const PACKAGING = [
  { package: 'dpkg', command: 'dpkg-deb' },
  { package: 'binutils-x86-64-linux-gnu', command: 'x86_64-linux-gnu-strip' },
  { package: 'binutils-aarch64-linux-gnu', command: 'aarch64-linux-gnu-strip' },
];
const GOALS = {
  build: [],
  demo: [],
  province: [...DATABASE, BALANCER],
  test: [
    ...BROKER,
    ...PROXIES,
    ...DATABASE,
    ...FAULTS,
    { package: 'chromium', command: 'chromium' },
    { package: 'fonts-noto-cjk', font: /cjk|pingfang|source ?han/i },
  ],
  faults: [...BROKER, ...FAULTS],
  cluster: [...DATABASE, ...CLUSTER],
  hardware: [
    { package: 'qemu-system-x86', command: 'qemu-system-x86_64' },
    { package: 'cpio', command: 'cpio' },
    { package: 'busybox-static', command: 'busybox' },
    { package: 'gpiod', command: 'gpiomon' },
    { package: 'binutils', command: 'strip' },
    { package: 'make', command: 'make' },
    { package: 'gcc-12', command: 'gcc-12' },
    { package: 'xz-utils', command: 'xz' },
    { package: 'e2fsprogs', command: 'mkfs.ext4' },
  ],
  bench: [...BROKER, ...DATABASE],
  package: PACKAGING,
  packages: [
    ...PACKAGING,
    { package: 'lintian', command: 'lintian' },
    { package: 'debootstrap', command: 'debootstrap' },
    { package: 'systemd-container', command: 'systemd-nspawn' },
    { package: 'strace', command: 'strace' },
  ],
};

export const goals = Object.keys(GOALS);
/** Native npm packages are compiled where no ready-made one fits. */
export const missingCompiler = () => COMPILER.filter((need) => !isThere(need));
export const missingFor = (goal) => GOALS[goal].filter((need) => !isThere(need));
/** The hardware rig downloads a kernel from Debian's archive, so apt must know what is in it. */
export const lacksLists = (goal) => goal === 'hardware' && hasCommand('apt-get') && !hasLists();

/**
 * Installs what is missing, or only reads apt's lists, when that can be done without asking anyone; returns what is
 * still missing.
 */
export async function installPackages(missing, wantsLists) {
  if (missing.length === 0 && !wantsLists) return missing;
  const prefix = rootPrefix();
  if (!hasCommand('apt-get') || prefix === null) return missing;
  const apt = (title, aptArgs) => {
    // Through env: sudo does not pass ours on. The runlevel: what a test starts itself is not to run as a service, too.
    const env = ['env', 'DEBIAN_FRONTEND=noninteractive', 'RUNLEVEL=1'];
    const [command, ...args] = [...prefix, ...env, 'apt-get', ...aptArgs];
    return runStep({ title, command, args, cwd: '/' });
  };
  const names = [...new Set(missing.map((need) => need.package))];
  try {
    await apt('Reading the lists of Debian packages', ['update', '-qq']);
    if (names.length > 0)
      await apt(`Installing ${names.join(' ')}`, [
        'install',
        '-y',
        '-qq',
        '--no-install-recommends',
        ...names,
      ]);
  } catch (error) {
    // Without a network the rest may still work: the caller says what is missing.
    if (!(error instanceof StepFailed)) throw error;
    process.stderr.write(`${error.output}\n`);
  }
  return missing.filter((need) => !isThere(need));
}

/** What to tell a person who has to install it. */
export function howToInstall(missing) {
  const names = missing.map((need) => need.package).join(' ');
  const proofs = missing.map((need) => need.command ?? 'a font with Chinese characters');
  return [
    `  Debian, Ubuntu, Raspberry Pi OS:  sudo apt-get install --no-install-recommends ${names}`,
    `  elsewhere, the packages that give: ${proofs.join(', ')}`,
  ].join('\n');
}

function isThere({ command, font }) {
  return command === undefined ? hasFont(font) : hasCommand(command);
}

function hasCommand(name) {
  const folders = [
    ...(process.env.PATH ?? '').split(delimiter),
    '/usr/sbin',
    '/sbin',
    ...foldersOf('/usr/lib/postgresql').map((version) => join(version, 'bin')),
  ];
  return folders.some((folder) => {
    try {
      accessSync(join(folder, name), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** Debian keeps the programs of each version apart, and off the path. */
function foldersOf(parent) {
  return existsSync(parent) ? readdirSync(parent).map((name) => join(parent, name)) : [];
}

function hasFont(pattern) {
  const folders = ['/usr/share/fonts', '/usr/local/share/fonts', '/Library/Fonts', '/System/Library/Fonts'];
  return folders.some(
    (folder) =>
      existsSync(folder) &&
      readdirSync(folder, { recursive: true }).some((path) => pattern.test(String(path))),
  );
}

function hasLists() {
  const folder = '/var/lib/apt/lists';
  return existsSync(folder) && readdirSync(folder).some((name) => name.includes('_Packages'));
}

/** How to run a command as root: directly, through a sudo that asks for no password, or (null) not at all. */
function rootPrefix() {
  if (process.getuid?.() === 0) return [];
  try {
    execFileSync('sudo', ['-n', 'true'], { stdio: 'ignore' });
    return ['sudo', '-n'];
  } catch {
    return null;
  }
}
