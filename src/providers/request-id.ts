/** Where providers put the id of a request: what their support asks for. */

/** Header names, the general one first. */
export const REQUEST_ID_HEADERS: readonly string[] = [
  'x-request-id',
  'x-dashscope-request-id',
  'request-id',
  'x-ds-trace-id',
];
