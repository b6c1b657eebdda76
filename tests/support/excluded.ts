/** Whether people have excluded a vote, told from the tables alone, for whoever recounts. */
import type { Rows } from './open-rows.ts';

type Exclusion = {
  terminal_key: number | null;
  origin_key: number | null;
  window_key: number | null;
  from_at: number;
  to_at: number;
  ended_at: number | null;
};
type PlacedVote = { source_key: number; window_key: number; at: number };

export async function readExcluded(home: { rows: Rows }): Promise<(vote: PlacedVote) => boolean> {
  const sources = await home.rows<{ key: number; terminal_key: number }>(
    'SELECT key, terminal_key FROM sources',
  );
  const exclusions = await home.rows<Exclusion>('SELECT * FROM exclusions');
  return ({ source_key, window_key, at }) => {
    const terminal = sources.find(({ key }) => key === source_key)?.terminal_key;
    return exclusions.some((one) => {
      if (one.ended_at !== null || at < one.from_at || at >= one.to_at) return false;
      if (one.terminal_key !== null) return one.terminal_key === terminal;
      if (one.origin_key !== null && one.origin_key !== source_key) return false;
      return one.window_key === null || one.window_key === window_key;
    });
  };
}
