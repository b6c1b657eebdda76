/**
 * The terminal: inputs → press machine → journal → thanks → uplink. Many can run in one process; nothing here is global.
 */
import type { TerminalConfig } from '../protocol/config.ts';
import type { Health } from '../protocol/health.ts';
import { RATINGS, type Rating, type Vote } from '../protocol/vote.ts';
import { createClock, type DeviceClock, dateBy } from './clock.ts';
import type { AgentConfig } from './config.ts';
import { codeOf, DeviceError, messageOf } from './errors.ts';
import { type Feedback, silentFeedback } from './feedback/feedback.ts';
import { measureBoard } from './health.ts';
import type { InputDriver, InputFault } from './inputs/input.ts';
import { type InputContext, loadInput } from './inputs/registry.ts';
import { type Journal, openJournal } from './journal.ts';
import { type Log, silentLog } from './log.ts';
import type { PressEvent } from './press.ts';
import { createPressRunner, type PressRunner } from './press-runner.ts';
import { createUplink, type Uplink, type UplinkOptions } from './uplink.ts';

export const DEVICE_VERSION = '0.1.0';

export type AgentDeps = {
  log?: Log;
  /** One clock may serve many agents of a process. */
  clock?: DeviceClock;
  feedback?: Feedback;
  /** After the commit and the thank-you. */
  onThanked?: (vote: Vote) => void;
  /** How long the thank-you shows was changed by the gateway. */
  onThanksMs?: (thanksMs: number) => void;
  stdin?: NodeJS.ReadableStream;
  /** Ctrl-C on a keyboard input. */
  onInterrupt?: () => void;
  uplink?: Pick<UplinkOptions, 'backoff' | 'resendMs' | 'keepaliveS'>;
};

export type AgentState = {
  /** To the broker; votes flow only when `gatewayOnline` too. */
  connected: boolean;
  gatewayOnline: boolean;
  epoch: string;
  /** Highest seq given, highest that the gateway has everything up to. */
  last: number;
  acked: number;
  /** Votes that no ack covers yet. */
  depth: number;
  /** Codes of what is wrong now, by its source (an input's name or `journal`). */
  faults: Record<string, string[]>;
  rejected: number;
  resent: number;
};

export type Agent = {
  /** Resolves when inputs run; the gateway need not be there. Rejects with a coded error when nothing can ever be taken. */
  start(): Promise<void>;
  /** Inputs, goodbye, journal: in this order. */
  stop(): Promise<void>;
  /** One press, as from a button: on disk, then thanked, then sent. Returns its seq; throws a coded error, then nobody is thanked. */
  press(rating: Rating): number;
  state(): AgentState;
};

type Input = { driver: InputDriver; runner: PressRunner };

const HOUSEKEEPING_MS = 30_000;
const DAY_MS = 86_400_000;

export function createAgent(config: AgentConfig, deps: AgentDeps = {}): Agent {
  const { log = silentLog, clock = createClock(), feedback = silentFeedback } = deps;
  const faults = new Map<string, Map<string, string>>();
  let running = { healthIntervalS: config.healthIntervalS, keepAckedDays: config.keepAckedDays, version: 0 };
  let journal: Journal | null = null;
  let uplink: Uplink | null = null;
  let inputs: Input[] = [];
  let savedAnchorMs: number | null = null;
  let healthTimer: NodeJS.Timeout | undefined;
  let housekeepingTimer: NodeJS.Timeout | undefined;

  const setFault = (source: string, { code, message, active }: InputFault) => {
    const of = faults.get(source) ?? new Map<string, string>();
    if (of.has(code) === active) return;
    if (active) of.set(code, message);
    else of.delete(code);
    faults.set(source, of);
    if (active) log.warn({ source, code }, message);
    else log.info({ source, code }, 'fault is over');
  };

  const press = (rating: Rating, monoMs: number): Vote => {
    if (journal === null) throw new DeviceError('agent-not-running', 'the agent is not running');
    const mono = Math.max(0, Math.floor(monoMs));
    let vote: Vote;
    try {
      vote = journal.append({ rating, ...dateBy(clock.anchor(), mono), boot: clock.bootId, mono });
    } catch (error) {
      setFault('journal', { code: codeOf(error), message: messageOf(error), active: true });
      feedback.refuse();
      throw error;
    }
    for (const code of faults.get('journal')?.keys() ?? [])
      setFault('journal', { code, message: '', active: false });
    feedback.thank();
    // Never the rating: a log on a screen at the counter must not say which button it was.
    log.info({ seq: vote.seq }, 'press thanked');
    deps.onThanked?.(vote);
    uplink?.pump();
    return vote;
  };

  const takePressEvent = (source: string, event: PressEvent) => {
    if (event.kind === 'stuck') {
      const message = `button ${event.button + 1} is held down`;
      setFault(source, { code: `stuck-${event.button + 1}`, message, active: event.active });
    } else if (event.kind === 'refused') {
      log.info({ source, code: event.reason }, 'press refused');
      if (event.reason === 'other-stuck') feedback.refuse();
    } else {
      try {
        press(RATINGS[event.button], event.monoMs);
      } catch (error) {
        log.error({ source, code: codeOf(error) }, 'press not taken');
      }
    }
  };

  const startInput = async (name: AgentConfig['inputs'][number]): Promise<void> => {
    const context: InputContext = {
      monoMs: clock.monoMs,
      stdin: deps.stdin ?? process.stdin,
      onInterrupt: deps.onInterrupt ?? (() => {}),
      gpio: config.gpio,
    };
    const driver = await loadInput(name, context);
    const runner = createPressRunner(clock.monoMs, (event) => takePressEvent(name, event));
    await driver.start(runner.take, (fault) => setFault(name, fault));
    inputs.push({ driver, runner });
  };

  const saveAnchor = () => {
    const anchor = clock.anchor();
    if (journal === null || anchor.clock === 'estimated') return;
    // Some milliseconds more or less are not worth a write to the card.
    if (savedAnchorMs !== null && Math.abs(savedAnchorMs - anchor.offsetMs) < 1_000) return;
    journal.saveAnchor(clock.bootId, anchor);
    savedAnchorMs = anchor.offsetMs;
  };

  const keepHouse = async () => {
    await clock.checkSystem();
    try {
      saveAnchor();
      journal?.flush();
      const anchor = clock.anchor();
      if (anchor.clock !== 'estimated')
        journal?.prune(dateBy(anchor, clock.monoMs()).at - running.keepAckedDays * DAY_MS);
    } catch (error) {
      setFault('journal', { code: codeOf(error), message: messageOf(error), active: true });
    }
  };

  const reportHealth = async () => {
    if (journal === null || uplink === null) return;
    const board = await measureBoard(config.journalPath);
    if (journal === null) return;
    const names = new Set<string>([
      ...config.inputs,
      ...[...faults].filter(([, of]) => of.size > 0).map(([n]) => n),
    ]);
    const health: Health = {
      uptimeS: Math.floor(clock.monoMs() / 1000),
      clock: clock.anchor().clock,
      journal: { depth: journal.last - journal.acked, kept: journal.last - journal.first + 1 },
      inputs: [...names].slice(0, 8).map((name) => {
        const reasons = [...(faults.get(name)?.keys() ?? [])];
        return reasons.length > 0
          ? { name, state: 'fault', reason: reasons.join(' ').slice(0, 200) }
          : { name, state: 'ok' };
      }),
      ...board,
      config: running.version,
    };
    uplink.publishHealth(JSON.stringify(health));
  };

  const scheduleHealth = () => {
    clearInterval(healthTimer);
    healthTimer = setInterval(() => void reportHealth(), running.healthIntervalS * 1000);
  };

  const takeConfig = ({ version, healthIntervalS, keepAckedDays, thanksMs }: TerminalConfig) => {
    running = {
      version,
      healthIntervalS: healthIntervalS ?? config.healthIntervalS,
      keepAckedDays: keepAckedDays ?? config.keepAckedDays,
    };
    if (thanksMs !== undefined) deps.onThanksMs?.(thanksMs);
    log.info({ version }, 'configuration taken');
    scheduleHealth();
    void reportHealth();
  };

  return {
    async start() {
      await clock.checkSystem();
      journal = openJournal({ path: config.journalPath });
      clock.resume(journal.anchorOf(clock.bootId), journal.newestAt());
      if (journal.setAside !== null)
        log.error(
          { code: 'journal-damaged', setAside: journal.setAside },
          'the journal was damaged; a new one is begun',
        );
      uplink = createUplink({
        ...deps.uplink,
        terminalId: config.terminalId,
        password: config.password,
        gatewayUrl: config.gatewayUrl,
        journal,
        clock,
        log,
        about: { version: DEVICE_VERSION, inputs: config.inputs },
        onConfig: takeConfig,
        onUp: () => void reportHealth(),
        onBehind: (upTo) => takeBehind(upTo),
      });
      await feedback.start();
      let failed = 0;
      for (const name of config.inputs) {
        await startInput(name).catch((error) => {
          failed += 1;
          setFault(name, { code: codeOf(error), message: messageOf(error), active: true });
        });
      }
      if (failed > 0 && failed === config.inputs.length)
        log.error({ code: 'no-input' }, 'no input works: this terminal takes no votes');
      uplink.start();
      housekeepingTimer = setInterval(() => void keepHouse(), HOUSEKEEPING_MS);
      scheduleHealth();
    },

    async stop() {
      clearInterval(healthTimer);
      clearInterval(housekeepingTimer);
      for (const { driver, runner } of inputs) {
        runner.stop();
        await driver.stop();
      }
      inputs = [];
      await uplink?.stop();
      await feedback.stop();
      const closing = journal;
      journal = null;
      uplink = null;
      try {
        closing?.close();
      } catch (error) {
        log.warn({ code: codeOf(error) }, messageOf(error));
      }
    },

    press: (rating) => press(rating, clock.monoMs()).seq,

    state() {
      const { last = 0, acked = 0, epoch = '' } = journal ?? {};
      const link = uplink?.state() ?? { connected: false, gatewayOnline: false, rejected: 0, resent: 0 };
      const named = [...faults].filter(([, of]) => of.size > 0).map(([name, of]) => [name, [...of.keys()]]);
      return {
        ...link,
        epoch,
        last,
        acked,
        depth: last - acked,
        faults: Object.fromEntries(named) as Record<string, string[]>,
      };
    },
  };

  /** An old copy of this card is running: from here on every seq would collide with one the gateway has. */
  function takeBehind(upTo: number): void {
    if (journal === null) return;
    const moved = journal.beginEpoch('behind');
    log.error(
      { code: 'journal-behind', upTo, setAside: moved },
      'the gateway knows more votes than this journal',
    );
    uplink?.pump();
  }
}
