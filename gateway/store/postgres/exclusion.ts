/** Of a vote `v`. */
export const IN_EXCLUSION = `EXISTS (
  SELECT FROM sources s JOIN exclusions e ON e.terminal_key = s.terminal_key
  WHERE s.key = v.source_key AND e.ended_at IS NULL AND v.at >= e.from_at AND v.at < e.to_at)`;
