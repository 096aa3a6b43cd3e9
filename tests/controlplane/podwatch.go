package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
)

// podWatch tells when a pod ends, for the commands that "run" in it. It reads as kwok does, so that its requests
// are told from the tests' in the audit log.
type podWatch struct{ client kubernetes.Interface }

func newPodWatch(kubeconfig string) (podWatch, error) {
	config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	if err != nil {
		return podWatch{}, err
	}
	client, err := kubernetes.NewForConfig(config)
	return podWatch{client}, err
}

// untilGone returns the reason once the pod ("namespace/name") that has this name now is deleted, replaced by
// another of that name, finished, or past its deletion's grace; or the context's error. An API server that does
// not answer is no reason: a kubelet goes on without it.
func (w podWatch) untilGone(ctx context.Context, pod string) error {
	namespace, name, _ := strings.Cut(pod, "/")
	var uid string
	for {
		reason := w.watchOnce(ctx, namespace, name, &uid)
		if reason != nil {
			return reason
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(200 * time.Millisecond):
		}
	}
}

// watchOnce lists and then watches until the pod is gone (the reason) or the watch ends (nil).
func (w podWatch) watchOnce(ctx context.Context, namespace, name string, uid *string) error {
	options := metav1.ListOptions{FieldSelector: fields.OneTermEqualSelector("metadata.name", name).String()}
	list, err := w.client.CoreV1().Pods(namespace).List(ctx, options)
	if err != nil {
		return nil
	}
	if len(list.Items) == 0 {
		return errors.New("the pod is deleted")
	}
	pod := &list.Items[0]
	if *uid == "" {
		*uid = string(pod.UID)
	}
	options.ResourceVersion = list.ResourceVersion
	watch, err := w.client.CoreV1().Pods(namespace).Watch(ctx, options)
	if err != nil {
		return nil
	}
	defer watch.Stop()
	for {
		reason, graceEnds := ended(pod, *uid)
		if reason != nil {
			return reason
		}
		select {
		case <-graceEnds:
			return errors.New("the pod's deletion grace is over")
		case event, open := <-watch.ResultChan():
			if !open {
				return nil
			}
			if event.Type == "DELETED" {
				return errors.New("the pod is deleted")
			}
			if next, ok := event.Object.(*corev1.Pod); ok {
				pod = next
			}
		}
	}
}

// ended says why the pod no longer runs commands, or when its deletion's grace runs out (nil: it is not deleted).
func ended(pod *corev1.Pod, uid string) (error, <-chan time.Time) {
	switch {
	case string(pod.UID) != uid:
		return errors.New("the pod was replaced"), nil
	case pod.Status.Phase == corev1.PodSucceeded || pod.Status.Phase == corev1.PodFailed:
		return fmt.Errorf("the pod is %s", pod.Status.Phase), nil
	case pod.DeletionTimestamp != nil:
		return nil, time.After(time.Until(pod.DeletionTimestamp.Time))
	}
	return nil, nil
}
