/** IP literals of backends and virtual addresses: the reader that all services share. */

export { parseAddressLiteral } from "../../address-literal.ts";
