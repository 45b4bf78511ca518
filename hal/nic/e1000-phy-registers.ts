/**
 * The PHY inside an 82540EM as its drivers see it: the MDIC register by which they reach it (manual 13.4.7), and the
 * registers and bits of the PHY itself (13.4.7.1 and following; IEEE 802.3 clause 22).
 */

/** MDIC. */
export const MdicBit = Object.freeze({
  WRITE: 1 << 26,
  READ: 1 << 27,
  READY: 1 << 28,
  /** Raise MDAC when done. */
  INTERRUPT: 1 << 29,
  ERROR: 1 << 30,
});
export const MDIC_DATA = 0xffff;
export const MDIC_REGISTER_SHIFT = 16;
export const MDIC_PHY_SHIFT = 21;
/** The only PHY there is. */
export const PHY_NUMBER = 1;

export const PhyRegister = Object.freeze({
  control: 0,
  status: 1,
  identifierHigh: 2,
  identifierLow: 3,
  advertisement: 4,
  partnerAbility: 5,
  negotiationExpansion: 6,
  gigabitControl: 9,
  gigabitStatus: 10,
  specificControl: 16,
  specificStatus: 17,
  extendedControl: 20,
  receiveErrors: 21,
});

/** Register 0. */
export const PhyControlBit = Object.freeze({
  RESTART_NEGOTIATION: 1 << 9,
  POWER_DOWN: 1 << 11,
  NEGOTIATE: 1 << 12,
  RESET: 1 << 15,
});

/** Register 1. */
export const PhyStatusBit = Object.freeze({ LINK: 1 << 2, NEGOTIATED: 1 << 5 });
/** Register 5. */
export const PhyPartnerBit = Object.freeze({ ACKNOWLEDGE: 1 << 14 });
/** Register 10: both receivers are in order. */
export const PhyGigabitBit = Object.freeze({ REMOTE_OK: 1 << 12, LOCAL_OK: 1 << 13 });
/** Register 17. */
export const PhySpecificBit = Object.freeze({ LINK: 1 << 10, RESOLVED: 1 << 11 });
