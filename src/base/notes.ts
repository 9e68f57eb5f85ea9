/** Defines notes: what the bridge changed in a request or response. Clients and the log receive each one once. */

/** Each is a sentence without subject and full stop: `sent again with "…", because …`. */
export type Notes = Set<string>;
