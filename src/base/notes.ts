/** Defines notes: what was changed in a request. Translators add them, clients and the log get them, each once. */

/** One sentence each. */
export type Notes = Set<string>;
