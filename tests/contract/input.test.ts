/**
 * One suite over every input: start, three presses in order, stop. Keyboard runs here (a pipe and a pty); the GPIO drivers need
 * a chip labelled MANYI_TEST_GPIO_CHIP whose lines somebody presses, which tests/hardware brings in a virtual machine.
 */
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { PassThrough } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Edge, GpioWiring, InputDriver, InputFault, InputName } from '../../device/inputs/input.ts';
import { type InputContext, loadInput } from '../../device/inputs/registry.ts';
import { createPressRunner } from '../../device/press/press-runner.ts';

const root = join(dirname(fileURLToPath(import.meta.url)), '../..');
const monoMs = () => Number(process.hrtime.bigint()) / 1e6;

async function until(condition: () => boolean, what: string): Promise<void> {
  const deadline = performance.now() + 15_000;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`waited in vain for: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

type Bench = {
  name: InputName;
  context: (stdin: PassThrough) => Partial<InputContext>;
  press: (stdin: PassThrough, button: 0 | 1 | 2) => void;
};
const chip = process.env.MANYI_TEST_GPIO_CHIP;
const wiring: GpioWiring | undefined =
  chip === undefined ? undefined : { chip, buttons: [0, 1, 2], activeLow: false };
const simulated = process.env.MANYI_TEST_GPIO_SIM;
const pullLine = (button: number) => {
  for (const pull of ['pull-up', 'pull-down'])
    execFileSync('sh', ['-c', `echo ${pull} > ${simulated}/sim_gpio${button}/pull; sleep 0.1`]);
};

const benches: Bench[] = [
  {
    name: 'keyboard',
    context: (stdin) => ({ stdin }),
    press: (stdin, button) => stdin.write('123'[button]),
  },
];
for (const name of ['gpio-line', 'gpio-sysfs'] as const) {
  if (wiring && simulated)
    benches.push({ name, context: () => ({ gpio: wiring }), press: (_stdin, button) => pullLine(button) });
  else
    console.warn(
      `SKIPPED: ${name} needs MANYI_TEST_GPIO_CHIP and MANYI_TEST_GPIO_SIM; npm run test:hardware has them`,
    );
}

describe.each(benches)('input $name', ({ name, context, press }) => {
  const stdin = new PassThrough();
  const edges: Edge[] = [];
  const faults: InputFault[] = [];
  const presses: number[] = [];
  const runner = createPressRunner(monoMs, (event) => {
    if (event.kind === 'press') presses.push(event.button);
  });
  let driver: InputDriver;

  beforeAll(async () => {
    const settings = { monoMs, stdin, onInterrupt: () => {}, gpio: undefined, ...context(stdin) };
    driver = await loadInput(name, settings);
    await driver.start(
      (edge) => {
        edges.push(edge);
        runner.take(edge);
      },
      (fault) => void faults.push(fault),
    );
  });
  afterAll(async () => {
    runner.stop();
    await driver.stop();
  });

  it('carries the name it was asked for by', () => {
    expect(driver.name).toBe(name);
  });

  it('gives one press a press, in order, on the monotonic clock, and no fault', async () => {
    const fromMs = monoMs();
    for (const button of [0, 1, 2, 1] as const) {
      const before = presses.length;
      press(stdin, button);
      await until(() => presses.length > before, `press ${button + 1}`);
    }
    await until(() => edges.filter((edge) => !edge.pressed).length === 4, 'four releases');
    expect(presses).toEqual([0, 1, 2, 1]);
    for (const edge of edges) {
      expect(edge.monoMs).toBeGreaterThanOrEqual(fromMs - 1);
      expect(edge.monoMs).toBeLessThanOrEqual(monoMs());
    }
    expect(faults.filter((fault) => fault.active)).toEqual([]);
  });

  it('is silent after stop, and stop may come twice', async () => {
    await driver.stop();
    await driver.stop();
    const before = edges.length;
    press(stdin, 0);
    await new Promise((resolve) => setImmediate(resolve));
    expect(edges).toHaveLength(before);
  });
});

describe('what is missing breaks only its own driver, with a code', () => {
  const nowhere: GpioWiring = { chip: 'no-such-chip', buttons: [0, 1, 2], activeLow: true };
  const settings = { monoMs, stdin: new PassThrough(), onInterrupt: () => {}, gpio: nowhere };

  it.each([
    ['gpio-line', /^(gpio-chip-not-found|gpiod-missing|gpiod-failed)$/],
    ['gpio-sysfs', /^(gpio-chip-not-found|gpio-sysfs-absent|input-not-available)$/],
  ] as const)('%s', async (name, code) => {
    const failing = async () => {
      const driver = await loadInput(name, settings);
      await driver.start(
        () => {},
        () => {},
      );
    };
    await expect(failing()).rejects.toMatchObject({ code: expect.stringMatching(code) });
  });

  it('a GPIO driver without wiring', async () => {
    await expect(loadInput('gpio-line', { ...settings, gpio: undefined })).rejects.toMatchObject({
      code: 'gpio-not-configured',
    });
  });
});

const hasPython = spawnSync('python3', ['-c', 'import pty']).status === 0;
if (!hasPython) console.warn('SKIPPED: the keyboard on a TTY needs python3 to play the person at it');

describe('the keyboard of the whole terminal', () => {
  const folder = mkdtempSync(join(tmpdir(), 'manyi-keyboard-'));
  const environment = {
    ...process.env,
    MANYI_TERMINAL: 'keys-1',
    MANYI_GATEWAY: 'mqtts://127.0.0.1:1',
    MANYI_IDENTITY: join(folder, 'identity'),
    MANYI_INPUTS: 'keyboard',
  };
  beforeAll(() => {
    execFileSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-b', 'device'], {
      cwd: root,
    });
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('takes every key of a pipe, one press each, and says nothing that tells them apart', async () => {
    const child = spawn(process.execPath, [join(root, 'dist/terminal/main.js')], {
      env: { ...environment, MANYI_JOURNAL: join(folder, 'pipe.db') },
    });
    let shown = '';
    let logged = '';
    child.stdout.on('data', (chunk: Buffer) => (shown += chunk));
    child.stderr.on('data', (chunk: Buffer) => (logged += chunk));
    const closed = new Promise<number | null>((resolve) => child.once('close', resolve));
    child.stdin.end('123\n3x3\n');
    const thanks = () =>
      [...logged.matchAll(/"seq":(\d+),"msg":"press thanked"/g)].map((match) => Number(match[1]));
    await until(() => thanks().length === 5, 'five thanks');
    child.kill('SIGTERM');
    expect(await closed).toBe(0);
    expect(thanks()).toEqual([1, 2, 3, 4, 5]);
    expect(new Set(shown.trim().split('\n'))).toEqual(new Set(['谢谢您的评价 Thank you']));
    expect(logged).not.toMatch(/satisfied|basically|unsatisfied/);
  });

  it.skipIf(!hasPython)(
    'on a TTY: one key one press, a held key not many, and Ctrl-C ends the process',
    () => {
      const script = join(folder, 'person.py');
      writeFileSync(script, PTY_SCRIPT);
      const log = join(folder, 'pty.log');
      const result = execFileSync(
        'python3',
        [script, process.execPath, join(root, 'dist/terminal/main.js'), log],
        {
          env: { ...environment, MANYI_JOURNAL: join(folder, 'pty.db') },
          timeout: 40_000,
        },
      ).toString();
      const thanks = readFileSync(log, 'utf8').split('press thanked').length - 1;
      expect(result).toContain('exit 0');
      // Two keys, then one key held for 1.5 s: its first character, and after the pause before repeating, one more at most.
      expect(thanks).toBeGreaterThanOrEqual(3);
      // Where the person's own process had to wait for the machine, the key was up for so long.
      const lifted = Number(/lifted (\d+)/.exec(result)?.[1]);
      expect(thanks).toBeLessThanOrEqual(4 + lifted);
    },
  );
});

/** Plays a person at a terminal: `1`, `3`, then `2` held down (delay 500 ms, then every 30 ms), then Ctrl-C. */
const PTY_SCRIPT = `
import os, pty, sys, time
node, main, log = sys.argv[1:4]
pid, fd = pty.fork()
if pid == 0:
    os.dup2(os.open(log, os.O_WRONLY | os.O_CREAT), 2)
    os.execv(node, [node, main])
def wait_for(text, times=1):
    end = time.time() + 15
    while time.time() < end:
        if os.path.exists(log) and open(log).read().count(text) >= times: return
        time.sleep(0.02)
    raise SystemExit('no ' + text)
wait_for('terminal ready')
os.write(fd, b'1'); wait_for('press thanked', 1)
os.write(fd, b'3'); wait_for('press thanked', 2)
time.sleep(0.2)
os.write(fd, b'2'); time.sleep(0.5)
lifted, last = 0, None
for _ in range(33):
    os.write(fd, b'2')
    now = time.monotonic()
    if last is not None and now - last >= 0.09: lifted += 1
    last = now
    time.sleep(0.03)
print('lifted', lifted)
wait_for('press thanked', 3)
time.sleep(0.3)
os.write(fd, bytes([3]))
while True:
    try:
        if not os.read(fd, 4096): break
    except OSError: break
print('exit', os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
`;
