/**
 * End-to-end training with the teacher's soft labels: the architectures the predictor is fitted on, the picks, and the baselines. A network is one job on one
 * thread; jobs run side by side.
 */
package donna.finetune;
