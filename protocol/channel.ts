/** How a vote came. In this order everywhere: the position is the code in databases. New ones go to the end. */
export const CHANNELS = ['button', 'touch', 'sms', 'phone', 'card', 'web', 'thirdparty'] as const;
export type Channel = (typeof CHANNELS)[number];
