/** Defines notes: changes made to a request. Translators add them; clients and the log receive each one once. */

/** One sentence each. */
export type Notes = Set<string>;
