/**
 * The terminal: inputs → press machine → journal → thanks → uplink. Many can run in one process; nothing here is global.
 */
import type { TerminalConfig } from '../protocol/config.ts';
import { RATINGS, type Rating, type Vote } from '../protocol/vote.ts';
import { certainNowMs, createClock, type DeviceClock, dateBy } from './board/clock.ts';
import { createClockWatch } from './board/clock-watch.ts';
import { createFaults } from './board/faults.ts';
import { describeHealth } from './board/health.ts';
import { createPressPath } from './board/press-path.ts';
import { type Commands, createCommands } from './commands/commands.ts';
import type { AgentConfig } from './config.ts';
import { codeOf, DeviceError, messageOf } from './errors.ts';
import { createFeedback, type Feedback } from './feedback/feedback.ts';
import { createCredentials, NOT_ENROLLED } from './identity/credentials.ts';
import { type IdentityStore, openIdentityStore } from './identity/identity.ts';
import { createInputSet } from './inputs/input-set.ts';
import { type Journal, openJournal } from './journal/journal.ts';
import { createJournalWatch, type JournalWatch } from './journal/journal-watch.ts';
import type { SetAside } from './journal/set-aside.ts';
import { type Log, silentLog } from './log.ts';
import type { PressEvent } from './press/press.ts';
import { createUplink, type Uplink, type UplinkOptions, type UplinkState } from './uplink/uplink.ts';

export const DEVICE_VERSION = '0.1.0';

export type AgentDeps = {
  log?: Log;
  /** One clock may serve many agents of a process. */
  clock?: DeviceClock;
  feedback?: Feedback;
  /** Otherwise the one in the configured folder. */
  identity?: IdentityStore;
  /** After the commit and the thank-you. */
  onThanked?: (vote: Vote) => void;
  /** The gateway changed how long the thank-you shows. */
  onThanksMs?: (thanksMs: number) => void;
  stdin?: NodeJS.ReadableStream;
  /** Ctrl-C on a keyboard input. */
  onInterrupt?: () => void;
  /** Lines of `log` that could not be written, for the health report. */
  logLinesLost?: () => number;
  uplink?: Pick<UplinkOptions, 'backoff' | 'resendMs' | 'keepaliveS'>;
};

export type AgentState = UplinkState & {
  epoch: string;
  /** Highest seq given; highest up to which the gateway has everything. */
  last: number;
  acked: number;
  /** Votes that no ack covers yet. */
  depth: number;
  /** Codes of what is wrong now, by source: an input's name or `journal`. */
  faults: Record<string, string[]>;
};

export type Agent = {
  /** Resolves when inputs run; the gateway need not be there, nor room on the disk. Rejects when another process has the journal. */
  start(): Promise<void>;
  /** Inputs, goodbye, journal: in this order. */
  stop(): Promise<void>;
  /** One press, as from a button: on disk, then thanked, then sent. Returns its seq. Throws a coded error: nobody was thanked. */
  press(rating: Rating): number;
  /** What keeps presses from becoming votes for long, though a new start may mend it; null otherwise. */
  broken(): string | null;
  state(): AgentState;
};

/** On a card of 8 GB nobody misses it, and it is a million votes. */
const DEFAULT_KEEP_ACKED_MB = 64;
const HOUSEKEEPING_MS = 30_000;
const DAY_MS = 86_400_000;
/** Steps of deleting in one housekeeping; between two of them presses get in. */
const PRUNE_STEPS = 50;
/** An anchor that moved by less is not worth a write to the card. */
const ANCHOR_STEP_MS = 1_000;

export function createAgent(config: AgentConfig, deps: AgentDeps = {}): Agent {
  const { log = silentLog, clock = createClock() } = deps;
  const faults = createFaults(log);
  const feedback = createFeedback(deps.feedback ? [deps.feedback] : [], (error) =>
    log.warn({ code: codeOf(error) }, messageOf(error)),
  );
  let { healthIntervalS, keepAckedDays } = config;
  let configVersion = 0;
  let journal: Journal | null = null;
  let uplink: Uplink | null = null;
  let commands: Commands | null = null;
  let watch: JournalWatch | null = null;
  let dropped = 0;
  let savedOffsetMs: number | null = null;
  let healthTimer: NodeJS.Timeout | undefined;
  let housekeepingTimer: NodeJS.Timeout | undefined;

  const inputs = createInputSet({
    names: config.inputs,
    context: {
      monoMs: clock.monoMs,
      stdin: deps.stdin ?? process.stdin,
      onInterrupt: deps.onInterrupt ?? (() => {}),
      gpio: config.gpio,
    },
    faults,
    onEvent: takePressEvent,
    onReady: () => log.info({ inputs: config.inputs }, 'terminal ready'),
  });

  const pressPath = createPressPath(
    () => ({ ...inputs.seeing(), journal: watch?.isWell() ?? true }),
    clock.monoMs,
  );

  function press(rating: Rating, monoMs: number): Vote {
    if (journal === null) throw new DeviceError('agent-not-running', 'the agent is not running');
    const mono = Math.max(0, Math.floor(monoMs));
    let vote: Vote;
    try {
      vote = journal.append({ rating, ...dateBy(clock.anchor(), mono), boot: clock.bootId, mono });
    } catch (error) {
      watch?.failed(error);
      feedback.refuse();
      throw error;
    }
    feedback.thank();
    watch?.worked();
    // Never the rating: a log on a screen at the counter must not say which button it was.
    log.info({ seq: vote.seq }, 'press thanked');
    uplink?.pump();
    deps.onThanked?.(vote);
    return vote;
  }

  function takePressEvent(source: string, event: PressEvent): void {
    if (event.kind === 'stuck') {
      const message = `button ${event.button + 1} is held down`;
      faults.set(source, { code: `stuck-${event.button + 1}`, message, active: event.active });
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
  }

  const clockWatch = createClockWatch(clock, log, () => void reportHealth());

  async function keepHouse(): Promise<void> {
    await clock.checkSystem();
    clockWatch.look();
    try {
      journal?.flush();
      saveAnchor();
      if (clock.anchor().clock === 'estimated') return;
      // While it is not certain what day it is, nothing goes for being old; for room it still goes.
      const nowMs = certainNowMs(clock);
      journal?.lookAside(nowMs);
      const beforeMs = Math.max(0, nowMs - keepAckedDays * DAY_MS);
      let pruned = 0;
      for (let step = 0; step < PRUNE_STEPS && journal !== null; step += 1) {
        const deleted = journal.prune(beforeMs);
        if (deleted === 0) break;
        pruned += deleted;
        await new Promise((resolve) => setImmediate(resolve));
      }
      if (pruned > 0) log.debug({ pruned, first: journal?.first }, 'acked votes let go');
    } catch (error) {
      watch?.failed(error);
    }
  }

  /** As soon as it is known: after a power cut it is what dates the votes of this boot. */
  function saveAnchor(): void {
    const anchor = clock.anchor();
    if (journal === null || journal.epoch === '' || anchor.clock === 'estimated') return;
    if (savedOffsetMs !== null && Math.abs(savedOffsetMs - anchor.offsetMs) < ANCHOR_STEP_MS) return;
    try {
      journal.saveAnchor(clock.bootId, anchor);
      savedOffsetMs = anchor.offsetMs;
    } catch (error) {
      watch?.failed(error);
    }
  }

  async function reportHealth(): Promise<void> {
    if (journal === null) return;
    const { journalPath, inputs: names } = config;
    const health = await describeHealth({
      journalPath,
      names,
      journal,
      sending: commands?.sending() ?? new Set(),
      dropped,
      clock,
      faults: faults.list(),
      configVersion,
      logLinesLost: deps.logLinesLost?.() ?? 0,
    });
    uplink?.publishHealth(JSON.stringify(health));
  }

  function scheduleHealth(): void {
    clearInterval(healthTimer);
    healthTimer = setInterval(() => void reportHealth(), healthIntervalS * 1000);
  }

  function takeConfig(wanted: TerminalConfig): void {
    configVersion = wanted.version;
    healthIntervalS = wanted.healthIntervalS ?? config.healthIntervalS;
    keepAckedDays = wanted.keepAckedDays ?? config.keepAckedDays;
    if (wanted.thanksMs !== undefined) deps.onThanksMs?.(wanted.thanksMs);
    log.info({ version: configVersion }, 'configuration taken');
    scheduleHealth();
    void reportHealth();
  }

  /** A copy of this card ran elsewhere: from here on every seq would collide with one that the gateway has. */
  function takeBehind(upTo: number, neverSentFrom: number): void {
    if (journal === null) return;
    const carried = journal.last - neverSentFrom + 1;
    journal.beginEpoch(neverSentFrom);
    log.error(
      { code: 'journal-behind', upTo, carried },
      'the gateway has votes that this journal never sent',
    );
  }

  function tellSetAside({ path, why, epoch, unsent }: SetAside): void {
    savedOffsetMs = null;
    const what = {
      code: { corrupt: 'journal-damaged', behind: 'journal-behind', moved: 'journal-moved' }[why],
      setAside: path,
      epoch,
      unsent,
    };
    log.error(what, 'the journal was set aside; a new one is begun');
    void reportHealth();
  }

  function tellDropped({ path, epoch, unsent }: SetAside): void {
    dropped += 1;
    log.error(
      { code: 'journal-dropped', path, epoch, unsent },
      'too many journals set aside: the oldest is deleted',
    );
  }

  return {
    async start() {
      await clock.checkSystem();
      journal = openJournal({
        path: config.journalPath,
        terminalId: config.terminalId === NOT_ENROLLED ? undefined : config.terminalId,
        maxBytes: (config.keepAckedMb ?? DEFAULT_KEEP_ACKED_MB) << 20,
        onSetAside: tellSetAside,
        onDropped: tellDropped,
      });
      clock.resume(journal.anchorOf(clock.bootId), journal.newestAt());
      uplink = createUplink({
        ...deps.uplink,
        terminalId: config.terminalId,
        credentials: createCredentials({
          ...config,
          enrolmentCode: config.enrolmentCode ?? null,
          store: deps.identity ?? openIdentityStore(config.identityFolder),
          log,
        }),
        gatewayUrl: config.gatewayUrl,
        journal,
        clock,
        log,
        about: { version: DEVICE_VERSION, inputs: config.inputs },
        onUp: () => void reportHealth(),
        onConfig: takeConfig,
        onCommand: (command) => commands?.take(command),
        onGreeted: () => commands?.sessionBegan(),
        onOtherAck: (ack) => commands?.takeAck(ack) === true,
        onTime() {
          saveAnchor();
          clockWatch.look();
        },
        onBehind: takeBehind,
      });
      commands = createCommands({
        terminalId: config.terminalId,
        journalPath: config.journalPath,
        journal,
        clock,
        log,
        line: uplink.line,
        changed: () => void reportHealth(),
        resendMs: deps.uplink?.resendMs,
      });
      watch = createJournalWatch({
        journal,
        journalPath: config.journalPath,
        monoMs: clock.monoMs,
        faults,
        feedback,
        onChange: () => void reportHealth(),
        onWell: () => uplink?.pump(),
      });
      await feedback.start();
      watch.start();
      uplink.start();
      housekeepingTimer = setInterval(() => void keepHouse(), HOUSEKEEPING_MS);
      scheduleHealth();
      await inputs.start();
    },

    async stop() {
      clearInterval(healthTimer);
      clearInterval(housekeepingTimer);
      watch?.stop();
      await inputs.stop();
      commands?.stop();
      commands = null;
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
    broken: pressPath.broken,

    state() {
      const { last = 0, acked = 0, epoch = '' } = journal ?? {};
      const link = uplink?.state() ?? { connected: false, gatewayOnline: false, rejected: 0, resent: 0 };
      return { ...link, epoch, last, acked, depth: last - acked, faults: faults.list() };
    },
  };
}
