/**
 * A data folder as a gateway of an earlier schema has left it: the migrations up to that one, and rows by SQL that knows nothing of
 * today's code. What is hashed is hashed here, so that a chain that reads otherwise one day is found.
 */
import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import Database from 'better-sqlite3';
import { MIGRATIONS } from '../../gateway/store/sql/migrations/index.ts';
import { migrate } from '../../gateway/store/sqlite/migrate.ts';
import { HISTORY } from '../../gateway/store/sqlite/migrations/index.ts';
import { hashOf, macOf } from './audit-chain.ts';

const QUARTER_MS = 15 * 60_000;
/** The beginning of a quarter of an hour. */
export const OLD_AT = 1_760_000_400_000;
export const OLD_EPOCH = '0a'.repeat(16);
/** Of each rating, stored of the one journal: in two quarters, at window 1. */
export const OLD_COUNTS = { satisfied: 14, basically: 13, unsatisfied: 13 };
/** Numbers 41 to 44 were lost, 45 is set aside; 47 is a conflict with what is stored as 7. */
export const OLD_ACCOUNTED: [number, number][] = [
  [1, 40],
  [41, 44],
  [45, 45],
];

export const oldHash = (text: string) => Buffer.from(text.padEnd(32, '.'));

/** What each schema has brought, in rows of a gateway that began with it or came to it. */
const FILL: readonly ((db: Database.Database, version: number) => void)[] = [
  fillVotes,
  fillAudit,
  fillCertificates,
  fillPeople,
  fillReview,
  () => {},
  fillCommands,
];

/** @param version of the schema, from 1 on */
export function makeOldFolder(file: string, version: number): void {
  const db = new Database(file);
  db.pragma('journal_mode = WAL');
  db.pragma('foreign_keys = ON');
  for (const sql of HISTORY.slice(0, version)) db.exec(sql);
  db.pragma(`user_version = ${Math.min(version, HISTORY.length)}`);
  if (version > HISTORY.length) migrate(db, MIGRATIONS.slice(0, version - HISTORY.length));
  for (const fill of FILL.slice(0, version)) fill(db, version);
  db.close();
}

function fillVotes(db: Database.Database, version: number): void {
  db.exec(`
    INSERT INTO units (key, id, parent_key, name) VALUES (1, 'city', NULL, '云岭市'), (2, 'town', 1, '云岭镇');
    INSERT INTO windows VALUES (1, 'w1', 2, '1号窗口'), (2, 'w2', 1, '2号窗口');
    INSERT INTO boots VALUES (1, 'boot-1');`);
  // A secret of their own until certificates came.
  const secret = version < 3 ? ", x'00'" : '';
  db.exec(`
    INSERT INTO terminals (key, id, window_key, last_seen_at${version < 3 ? ', secret_hash' : ''})
    VALUES (1, 't-1', 1, ${OLD_AT}${secret}), (2, 't-2', 2, NULL${secret});
    INSERT INTO sources (key, terminal_key, epoch, announced, total_satisfied, total_basically, total_unsatisfied)
    VALUES (1, 1, '${OLD_EPOCH}', 45, 14, 13, 13);
    INSERT INTO lost (source_key, from_seq, to_seq, noted_at) VALUES (1, 41, 44, ${OLD_AT});
    INSERT INTO quarantine (received_at, reason, terminal_key, topic, source_key, seq, payload, claims)
    VALUES (${OLD_AT}, 'rating-unknown', 1, 'votes', 1, 45, '{}', 1),
      (${OLD_AT}, 'identity-conflict', 1, 'votes', 1, 7, '{}', 0), (${OLD_AT}, 'json-invalid', 1, 'votes', NULL, NULL, '{', 0);`);
  const vote = db.prepare(
    `INSERT INTO votes (source_key, seq, window_key, rating, at, clock, boot_key, mono, received_at)
     VALUES (1, @seq, 1, @rating, @at, 0, 1, @seq, @at)`,
  );
  for (let seq = 1; seq <= 40; seq++)
    vote.run({ seq, rating: (seq - 1) % 3, at: OLD_AT + Math.floor((seq - 1) / 20) * QUARTER_MS + seq });
  db.exec(`
    INSERT INTO rollups SELECT at / ${QUARTER_MS}, window_key, source_key, sum(rating = 0), sum(rating = 1), sum(rating = 2),
      min(seq), max(seq), max(at) FROM votes GROUP BY 1, 2, 3`);
}

export const OLD_LINES = ['gateway.begin', 'unit.add', 'terminal.add'];

function fillAudit(db: Database.Database): void {
  const key = Buffer.alloc(32, 7);
  writeFileSync(join(dirname(db.name), 'audit.key'), key, { mode: 0o600 });
  let prior: Buffer = Buffer.alloc(32);
  const insert = db.prepare("INSERT INTO audit VALUES (?, ?, 'cli:root', 'local', ?, 'x', ?, ?, ?)");
  for (const [index, action] of OLD_LINES.entries()) {
    const [seq, detail] = [index + 1, '{"名":"云岭"}'];
    const hash = hashOf(key, prior, [seq, OLD_AT, 'cli:root', 'local', action, 'x', detail]);
    insert.run(seq, OLD_AT, action, detail, prior, hash);
    prior = hash;
  }
  const seq = OLD_LINES.length;
  db.prepare('INSERT INTO audit_head VALUES (1, ?, ?, ?)').run(seq, prior, macOf(key, seq, prior));
}

function fillCertificates(db: Database.Database): void {
  db.exec(`
    INSERT INTO certificates VALUES ('0A', 1, 'key of 0A', ${OLD_AT}, ${OLD_AT + 9}, ${OLD_AT + 1}, NULL, NULL),
      ('0B', 1, 'key of 0B', ${OLD_AT - 5}, ${OLD_AT + 4}, NULL, ${OLD_AT + 1}, 'superseded')`);
  db.prepare('INSERT INTO enrolments VALUES (2, ?, ?, NULL)').run(oldHash('code'), OLD_AT + 7);
}

function fillPeople(db: Database.Database, version: number): void {
  db.exec(`
    INSERT INTO accounts VALUES (1, 'boss', '主任', 'administrator', NULL, 'hash of boss', 0, ${OLD_AT}, NULL),
      (2, 'chief', '镇长', 'unit-manager', 2, 'hash of chief', 1, ${OLD_AT}, ${OLD_AT + 3})`);
  db.prepare("INSERT INTO sessions VALUES ('s-1', ?, 1, @at, @at, '10.0.0.1', 'a browser')").run(
    oldHash('session'),
    { at: OLD_AT },
  );
  const ends = version < 6 ? '' : ', expires_at';
  db.prepare(`
    INSERT INTO links (id, kind, name, unit_key, token_hash, created_at, created_by, last_used_at${ends})
    VALUES ('l-1', 'wall', '大屏', 2, ?, ${OLD_AT}, 'account:boss', ${OLD_AT + 2}${version < 6 ? '' : `, ${OLD_AT + 8}`})`).run(
    oldHash('link'),
  );
}

/** A vote that was placed at another time, a span that is excluded, and a number that was written off. */
function fillReview(db: Database.Database): void {
  db.exec(`
    INSERT INTO datings VALUES (1, 3, ${OLD_AT - 1_000});
    INSERT INTO exclusions (key, id, terminal_key, from_at, to_at, reason, made_at, made_by, ended_at) VALUES (1, 'x-1', 1, ${OLD_AT}, ${OLD_AT + 4}, '测试', ${OLD_AT}, 'cli:root', NULL);
    INSERT INTO excluded SELECT at / ${QUARTER_MS}, window_key, source_key, sum(rating = 0), sum(rating = 1), sum(rating = 2)
      FROM votes WHERE at >= ${OLD_AT} AND at < ${OLD_AT + 4} GROUP BY 1, 2, 3;
    UPDATE lost SET written_off_at = ${OLD_AT};
    UPDATE sources SET known_seq = 45, known_at = ${OLD_AT};
    UPDATE reviewed SET decisions = 3`);
}

function fillCommands(db: Database.Database): void {
  db.exec(`
    INSERT INTO put_away VALUES (1, ${OLD_AT}, '[]');
    INSERT INTO commands VALUES (1, 'c-1', 1, 'journal.send', '{"journal":"j-1"}', '坏卡', ${OLD_AT}, 'cli:root', ${OLD_AT + 9}, NULL, NULL, NULL, NULL, NULL),
      (2, 'c-2', 1, 'journal.drop', '{"journal":"j-2"}', '坏卡', ${OLD_AT}, 'cli:root', ${OLD_AT + 9}, ${OLD_AT + 1}, ${OLD_AT + 2}, 1, NULL, 'gone')`);
}
