from tests.web.test_route_matrix import *
from tests.web.test_route_matrix import world
def test_dump(app, backends, session, world):
    out=open("/tmp/account/dump.txt","w")
    for key in KNOWN:
        line=[]
        for role in ROLES:
            try:
                a=ask(app,backends,session,world,key,role)
                line.append((role,a.status_code))
                got=met(a)
                ok = got==TABLE[key].door[role] and a.status_code not in (400,405,415) and (a.status_code<500 or key[0]=="health.show")
                if not ok: line[-1]=(role,a.status_code,"WANT",TABLE[key].door[role], a.headers.get("Location",""))
            except Exception as e:
                session.rollback()
                line.append((role,"EXC",repr(e)[:150]))
        bad=[x for x in line if len(x)>2]
        print("BAD" if bad else "ok", key, bad or [x[1] for x in line], file=out, flush=True)
