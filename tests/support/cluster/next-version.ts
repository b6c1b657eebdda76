/** The gateway as its next version may be: what is built here, and one migration more. */
import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const BUILT = new URL('../../../dist/gateway/run/', import.meta.url).pathname;
/** As deep as what is built, for what it finds beside itself. */
const NEXT = new URL('../../../dist/gateway/run-next/', import.meta.url).pathname;

/** Of tables that every vote writes to: each takes a lock that waits for whoever reads or writes there. */
const MIGRATION = `{
  name: "of-the-next-version",
  statements: ({ build, table, text, integer }) => [
    build.schema.alterTable("votes").addColumn("heard_by", integer),
    build.schema.alterTable("rollups").addColumn("heard_by", integer),
    build.schema.createIndex("rollups_heard_by").on("rollups").column("heard_by"),
    table("listeners").addColumn("name", text, (column) => column.notNull().primaryKey())
  ]
}`;
const LIST = /(?<=^var MIGRATIONS = \[\n)[\s\S]*?(?=\n\];$)/m;

export type NextVersion = { main: string; dispose(): void };

export function buildNextVersion(): NextVersion {
  rmSync(NEXT, { recursive: true, force: true });
  cpSync(BUILT, NEXT, { recursive: true });
  const holding = readdirSync(NEXT).filter(
    (name) => name.endsWith('.js') && LIST.test(readFileSync(join(NEXT, name), 'utf8')),
  );
  const [file] = holding;
  if (file === undefined || holding.length > 1)
    throw new Error(`the list of migrations is in ${holding.length} files of ${BUILT}: it must be in one`);
  const path = join(NEXT, file);
  writeFileSync(
    path,
    readFileSync(path, 'utf8').replace(LIST, (list) => `${list},\n${MIGRATION}`),
  );
  return { main: join(NEXT, 'main.js'), dispose: () => rmSync(NEXT, { recursive: true, force: true }) };
}
