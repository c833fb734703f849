/** A mail as the stand-in keeps and shows it; sender and recipients are those of the envelope. */
export interface ReceivedMail {
  readonly messageId: string;
  readonly from: string;
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  readonly receivedAt: string;
}
