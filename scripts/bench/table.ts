/** What was measured, as a person reads it: the product, over TLS, and beside it the same without. */
import type { AckFigures } from './ack.ts';
import type { AttackFigures } from './attack.ts';
import { type DetectorFigures, printDetectors } from './detectors.ts';
import type { HistoryFigures } from './history.ts';
import type { IngestFigures } from './ingest.ts';
import type { PostgresFigures } from './postgres.ts';
import type { PressFigures } from './press-to-wall.ts';
import type { ReplayFigures } from './replay.ts';
import type { ScoreFigures } from './scores.ts';
import type { StormFigures } from './storm.ts';
import { printVerdicts, type VerdictFigures } from './verdicts.ts';

type WithPlain<T> = T & { plain: T };
export type Result = {
  node: string;
  ingest?: { single: WithPlain<IngestFigures>; batch32: WithPlain<IngestFigures> };
  verdicts?: VerdictFigures[];
  ack?: WithPlain<AckFigures>;
  pressToWall?: PressFigures;
  scores?: ScoreFigures;
  storm?: StormFigures;
  attack?: Record<'tcp' | 'hello' | 'tls', AttackFigures>;
  postgres?: PostgresFigures;
  replay?: Record<'sqlite' | 'postgres', ReplayFigures>;
  detectors?: DetectorFigures;
  history?: HistoryFigures;
  rssMb?: number;
};

type Row = { TLS: string; plain: string; 'to reach': string };

export function printTable({ detectors, verdicts, ...measured }: Result): void {
  if (detectors) printDetectors(detectors);
  if (verdicts) printVerdicts(verdicts);
  const { ingest, ack, pressToWall, scores, storm, attack, postgres, replay, history } = measured;
  const rows: Record<string, Row> = {};
  const row = (name: string, tls: string, plain = '', toReach = '') => {
    rows[name] = { TLS: tls, plain, 'to reach': toReach };
  };
  const both = <T>(name: string, figures: WithPlain<T>, text: (figures: T) => string, toReach = '') =>
    row(name, text(figures), text(figures.plain), toReach);

  for (const [title, figures, isJudged] of [
    ['1 a message', ingest?.single, true],
    ['32 a message', ingest?.batch32, false],
  ] as const) {
    if (!figures) continue;
    both(`ingest, ${title}, votes/s`, figures, ({ votesPerS }) => `${votesPerS}`);
    const toReach = (text: string) => (isJudged ? text : '');
    both(
      `${title}: ÷ aedes without storage`,
      figures,
      ({ ratioToAedes }) => ratioToAedes.toFixed(2),
      toReach('≥ 0.6'),
    );
    both(
      `${title}: ÷ Mosquitto → MQTT.js → SQLite`,
      figures,
      ({ ratioToMosquittoPipeline }) => ratioToMosquittoPipeline.toFixed(2),
      toReach('≥ 1.2'),
    );
    both(
      `${title}: cores busy, gateway / load`,
      figures,
      ({ cores, loadCores }) => `${cores.toFixed(2)} / ${loadCores.toFixed(2)}`,
    );
    both(`${title}: gateway memory, MiB`, figures, ({ rssMb }) => `${rssMb}`);
  }
  if (ack) both('ack p50 / p99, ms', ack, ({ p50Ms, p99Ms }) => `${p50Ms.toFixed(1)} / ${p99Ms.toFixed(1)}`);
  if (pressToWall) {
    row('press to wall p50, ms', pressToWall.p50Ms.toFixed(1));
    row('press to wall p99, ms', pressToWall.p99Ms.toFixed(1), '', '≤ 150');
  }
  if (scores) {
    const text = ({ p50Ms, p99Ms }: Record<'p50Ms' | 'p99Ms', number>) =>
      `${p50Ms.toFixed(1)} / ${p99Ms.toFixed(1)}`;
    const name = `scores of the month, ${scores.windows} windows`;
    row(`${name}: p50 / p99, ms`, text(scores.still), '', 'p99 ≤ 60');
    row(`… with ${scores.voting.votesPerS} votes/s`, text(scores.voting), '', 'p99 ≤ 60');
    row('… and gzip', text(scores.packed));
    row('… press to wall meanwhile', text(scores.pressToWall.asked));
    row('… while nobody asks', text(scores.pressToWall.alone));
  }
  if (storm) {
    const { firstS, halfS, p99S, allS } = storm.back;
    row(
      'storm: terminals, starved',
      `${storm.terminals}, ${storm.starved + storm.withoutSessions.starved}`,
      '',
      '0 starved',
    );
    row('storm: first / half / p99 / all back, s', [firstS, halfS, p99S, allS].join(' / '));
    row('storm: all acknowledged, s', `${storm.ackedS}`, '', '≤ 15');
    row('storm: handshakes a second', `${storm.handshakesPerS}`);
    row('storm: gateway CPU, s', `${storm.gatewayCpuS}`, '', '≤ 12');
    row('storm: CPU of the terminals on the same cores, s', `${storm.terminalsCpuS}`);
    const { withoutSessions: anew } = storm;
    row('… without their TLS sessions: all acknowledged, s', `${anew.ackedS}`);
    row('… gateway CPU, s', `${anew.gatewayCpuS}`);
    row('storm: gateway peak memory, MiB', `${storm.peakRssMb}`);
    row('storm: memory a connection, KiB', `${storm.kibPerConnection}`, '', '≤ 50');
    row('… each after the first thousand', `${storm.kibPerFurtherConnection}`);
    row('storm: stored / thanked', `${storm.stored} / ${storm.thanked}`, '', 'equal');
  }
  for (const [name, figures] of Object.entries(attack ?? {})) {
    const title = `${figures.connections} silent ${name} connections`;
    row(`${title}: gateway memory at most, MiB`, `${figures.peakRssMb} (${figures.rssBeforeMb} before)`);
    row(
      `${title}: sign-in p50 / max, ms`,
      `${figures.signInP50Ms.toFixed(0)} / ${figures.signInMaxMs.toFixed(0)}`,
    );
    row(`${title}: sign-ins that failed`, `${figures.failed} of ${figures.tries}`, '', '0');
  }
  for (const [title, figures, toReach] of [
    ['PostgreSQL, 1 a message', postgres?.single, '≥ 30000'],
    ['PostgreSQL, 32 a message', postgres?.batch32, ''],
  ] as const) {
    if (!figures) continue;
    const { votesPerS, p50Ms, p99Ms, cores, databaseCores, loadCores } = figures;
    row(`${title}, votes/s`, `${votesPerS}`, '', toReach);
    row(`${title}: PUBACK p50 / p99, ms`, `${p50Ms.toFixed(0)} / ${p99Ms.toFixed(0)}`);
    row(`${title}: ÷ the same gateway on SQLite`, figures.ratioToSqlite.toFixed(2));
    row(`${title}: ÷ PostgreSQL alone`, figures.ratioToPostgresAlone.toFixed(2));
    const busy = [cores, databaseCores, loadCores].map((each) => each.toFixed(2)).join(' / ');
    row(`${title}: cores busy, gateway / servers / load`, busy);
  }
  if (postgres) {
    const { batchGain, offered, pressToWall: across } = postgres;
    row('PostgreSQL: 32 a message ÷ 1 a message', batchGain.toFixed(2), '', '≥ 2.5');
    row(
      `PostgreSQL, ${offered.messagesPerS} messages/s: PUBACK p50 / p99, ms`,
      `${offered.p50Ms.toFixed(1)} / ${offered.p99Ms.toFixed(1)}`,
      '',
      'p99 ≤ 60',
    );
    row(
      'press to wall, across two gateways p50 / p99, ms',
      `${across.p50Ms.toFixed(1)} / ${across.p99Ms.toFixed(1)}`,
      '',
      'p99 ≤ 250',
    );
  }
  for (const [name, figures] of Object.entries(replay ?? {})) {
    const { votesPerS, votes, changed, pressToWall: meanwhile } = figures;
    row(`${name}: judged again, votes/s`, `${votesPerS}`, '', '≥ 100000');
    row(`${name}: of votes, with another verdict`, `${votes}, ${changed}`);
    const spread = [meanwhile.p50Ms, meanwhile.p99Ms].map((ms) => ms.toFixed(0)).join(' / ');
    row(`${name}: press to wall meanwhile p50 / p99, ms`, spread, '', 'p99 ≤ 250');
  }
  for (const [title, figures, toReach] of [
    ['SQLite', history?.sqlite, 'p99 ≤ 50'],
    ['PostgreSQL', history?.postgres, 'p99 ≤ 80'],
  ] as const) {
    if (!figures) continue;
    const { city, county, township, window, naiveMs } = figures;
    for (const [of, { p50Ms, p99Ms }] of Object.entries({ city, county, township, window }))
      row(
        `${title}, a year of a ${of} by day p50 / p99, ms`,
        `${p50Ms.toFixed(1)} / ${p99Ms.toFixed(1)}`,
        '',
        toReach,
      );
    row(`… the city's grouped from the rollups, ms`, naiveMs.toFixed(0));
  }
  if (Object.keys(rows).length > 0) console.table(rows);
}
