/**
 * An address that mail is sent to or comes from (RFC 5321, 4.1.2), without quotes, comments and names: nothing in it means anything to
 * whoever reads headers or commands.
 */
const ATOM = "[a-z0-9!#$%&'*+/=?^_`{|}~-]+";
const LABEL = '[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?';
const ADDRESS = new RegExp(`^${ATOM}(?:\\.${ATOM})*@${LABEL}(?:\\.${LABEL})*$`, 'i');
const MOST_CHARS = 254;
const MOST_LOCAL_CHARS = 64;

export const isMailAddress = (text: string): boolean =>
  text.length <= MOST_CHARS && text.indexOf('@') <= MOST_LOCAL_CHARS && ADDRESS.test(text);
