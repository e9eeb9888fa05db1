/**
 * Phase one: blockwise knowledge distillation. The teacher's pass over a batch is made once; its boundaries are input and target of every candidate of every
 * block. Candidates are independent of each other, each on one thread, so results do not depend on how many run side by side.
 */
package donna.distill;
