import sys,re,time
src=open('/tmp/n05/book/05_from_scratch.md').read()
cells=re.findall(r"```\{code-cell\} ipython3\n(?:---\n(.*?)---\n)?(.*?)```",src,re.S)
import matplotlib; matplotlib.use("Agg")
ns={}
t0=time.time()
for tags,c in cells:
    if 'exercise' in (tags or '') or 'check]' in (tags or ''): continue
    if "Two runs" in c: pass
    if 'broken, broken_curve' in c or 'def sharpened' in c: break
    t=time.time()
    if c.strip().startswith('trained, curve'): pass
    exec(c,ns)
    if c.strip().startswith('trained, curve'): print('train s',time.time()-t, 'first above', [(k,round(v-ns['bicubic'],2)) for k,v in ns['curve'].items()][:4])
np=ns['np']; conv=ns['conv']; FD=ns['finite_differences']
# --- independent Keras check
from srcnn import models
from srcnn.models import keras
import tensorflow as tf
for filt in [(8,8),(64,32)]:
    net=models.srcnn(filters=filt,kernels=(9,1,5))
    w=[ (0.05*np.random.default_rng(1).normal(size=a.shape)).astype('float32') for a in net.get_weights()]
    net.set_weights(w)
    x,y=ns['batch'](np.random.default_rng(3))
    with tf.GradientTape() as t:
        o=net(x); L=tf.reduce_mean((o-y)**2)
    g=t.gradient(L,net.trainable_variables)
    f=ns['forward'](w,x)[0]; l,s=ns['gradients'](w,x,y)
    print(filt,'fwd',abs(f-o.numpy()).max(),'grad',max(abs(a-b.numpy()).max() for a,b in zip(s,g)),'rel',max(abs(a-b.numpy()).max()/abs(b.numpy()).max() for a,b in zip(s,g)))
# --- my answers
def leaky_a(G,Z,slope): return np.where(Z>0,G,slope*G)
def leaky_w1(G,Z,slope): return np.where(G>0,G,slope*G)
def leaky_w2(G,Z,slope):
    G[Z<=0]*=slope; return G
def char_a(F,X,epsilon=0.001):
    E=F-X; r=(E*E+epsilon**2)**.5; return r.sum()/E.size, E/(r*E.size)
def char_w1(F,X,epsilon=0.001):
    E=F-X; r=(E*E+epsilon**2)**.5; return r.mean(), E/r
def char_w2(F,X,epsilon=0.001):
    E=F-X; r=(E*E+epsilon**2)**.5; return r, E/r/E.size
def char_w3(F,X,epsilon=0.001):
    E=F-X; r=(E*E+epsilon)**.5; return r.mean(), E/r/E.size
def both_a(loss,weights,slopes,directions,h=1e-5):
    up=[];down=[];right=0.0
    for k in range(len(weights)):
        up.append(weights[k]+h*directions[k]); down.append(weights[k]-h*directions[k])
        right+= (slopes[k]*directions[k]).sum()
    return (loss(up)-loss(down))/(2*h), right
def both_w1(loss,weights,slopes,directions,h=1e-5):
    a,b=both_a(loss,weights,slopes,directions,h); return b,a
def both_w2(loss,weights,slopes,directions,h=1e-5):
    up=[w+h*d for w,d in zip(weights,directions)]; return (loss(up)-loss(weights))/h, both_a(loss,weights,slopes,directions,h)[1]
def both_w3(loss,weights,slopes,directions,h=1e-5):
    up=[w+h*d for w,d in zip(weights,directions)];down=[w-h*d for w,d in zip(weights,directions)]
    return (loss(up)-loss(down))/(2*h),[np.sum(g*d) for g,d in zip(slopes,directions)]
def lean_a(G,Y,f):
    h,w=G.shape[1:3]; out=np.zeros((f,f,Y.shape[3],G.shape[3]))
    for a in range(f):
        for b in range(f):
            out[a,b]=np.tensordot(Y[:,a:a+h,b:b+w],G,axes=([0,1,2],[0,1,2]))
    return out,G.sum(axis=(0,1,2))
def lean_loops(G,Y,f):
    h,w=G.shape[1:3]; out=np.zeros((f,f,Y.shape[3],G.shape[3]))
    for a in range(f):
        for b in range(f):
            for m in range(Y.shape[3]):
                for k in range(G.shape[3]):
                    out[a,b,m,k]=np.sum(G[...,k]*Y[:,a:a+h,b:b+w,m])
    return out,np.sum(G,(0,1,2))
def lean_w1(G,Y,f): return ns['weight_gradients'](G,Y,f)
def lean_w2(G,Y,f):
    s,b=lean_a(G,Y,f); return s[::-1,::-1],b
def lean_w3(G,Y,f):
    s,b=lean_a(G,Y,f); return s/len(G),b
def str_a(G,W,stride,height,width):
    f=W.shape[0]; out=np.zeros((G.shape[0],height,width,W.shape[2]))
    for a in range(f):
        for b in range(f):
            h,w=G.shape[1:3]
            out[:,a:a+stride*(h-1)+1:stride,b:b+stride*(w-1)+1:stride]+=G@W[a,b].T
    return out
def str_b(G,W,stride,height,width):
    f=len(W); whole=np.zeros((G.shape[0],height-f+1,width-f+1,G.shape[3])); whole[:,::stride,::stride]=G
    return ns['input_gradient'](whole,W)
def str_w1(G,W,stride,height,width):
    return ns['input_gradient'](np.repeat(np.repeat(G,stride,1),stride,2),W)[:,:height,:width]
def str_w2(G,W,stride,height,width):
    return str_b(G,W[::-1,::-1],stride,height,width)
c=ns['checks']
import traceback
for fn,l in [(c.exercise_5_1,[leaky_a,leaky_w1,leaky_w2]),(c.exercise_5_2,[char_a,char_w1,char_w2,char_w3]),(c.exercise_5_3,[both_a,both_w1,both_w2,both_w3]),(c.exercise_5_4,[lean_a,lean_loops,lean_w1,lean_w2,lean_w3]),(c.exercise_5_5,[str_a,str_b,str_w1,str_w2])]:
    for g in l:
        print(g.__name__,'->',end=' ',flush=True); print(repr(fn(g)))
print('total',time.time()-t0)
