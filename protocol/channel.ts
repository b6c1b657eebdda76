/** How a vote came. In this order everywhere: the position is the code in databases. New ones go to the end. */
export const CHANNELS = ['button', 'touch', 'sms', 'phone', 'card', 'web', 'thirdparty'] as const;
export type Channel = (typeof CHANNELS)[number];

/** A citizen has pressed something at a terminal; what comes by the others was sent or said. */
export const isPressed = (channel: Channel): boolean => channel === 'button' || channel === 'touch';
